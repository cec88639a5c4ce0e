using System.Numerics;
using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// A product whose inputs are split over the PEs of the group. Where all of them are here, a thread that has claimed some columns computes
/// every PE's partial sum of them, one after the other, and adds them while they are in its cache, in the tree's order. Where their weights lie side by side
/// as well, that is the product of the whole matrix: so a group of eight costs what a group of one does. Where some PEs are in other processes, each
/// partial sum is kept for the collective.
/// </summary>
internal sealed unsafe class SplitProduct
{
    /// <summary>Floats of scratch memory that a thread needs: a sum for each level of the tree but the last.</summary>
    public const int ScratchFloats = TreeLevels * BlockFloats;

    private const int TreeLevels = 3; // of eight PEs
    private const int BlockFloats = RowRange.ProductRows * PanelGroup.MaxColumns;

    private readonly ForwardContext _context;
    private readonly PackedMatrix[] _matrices;
    private readonly SplitInput _input;
    private readonly PanelGroup[] _groups;
    private readonly PackedMatrix? _whole;

    /// <param name="context">The stage and its buffers.</param>
    /// <param name="matrix">Each PE's weights.</param>
    /// <param name="input">The inputs.</param>
    public SplitProduct(ForwardContext context, Func<StagePe, PackedMatrix> matrix, SplitInput input)
    {
        (_context, _input) = (context, input);
        _matrices = [.. context.Stage.Pes.Select(matrix)];
        if (context.Stage.SumsHere && Array.TrueForAll(_matrices, part => part.Whole == _matrices[0].Whole)) _whole = _matrices[0].Whole;
        _groups = context.Stage.SumsHere ? PanelGroup.Across(context.Stage.Pes, matrix) : PanelGroup.Of(context.Stage.Pes, matrix);
    }

    public int Items() => RowRange.BlocksOf(_context.Plan.RowCount, RowRange.ProductRows) * _groups.Length;

    /// <summary>What each group of panels reads, over all PEs where they are summed here.</summary>
    public WeightReads Reads => new(_groups.Length, group => _whole is not null ? [_groups[group].Bytes(_whole)]
        : _context.Stage.SumsHere ? _matrices.Select(_groups[group].Bytes) : [_groups[group].Bytes(_matrices[_groups[group].Pe.Index])]);

    /// <summary>Some columns of some rows.</summary>
    public void Run(int worker, int item)
    {
        var group = _groups[item % _groups.Length];
        var rows = RowRange.Of(item / _groups.Length, RowRange.ProductRows, _context.Plan.RowCount);
        float* target = _context.Partial(group, rows.First);
        if (_whole is not null) _context.Multiply(_whole, group.First, group.Count, _input.Whole, rows, target, _context.Buffers.HiddenStride);
        else if (_context.Stage.SumsHere) Sum(worker, group, rows, target);
        else Multiply(group.Pe.Index, group, rows, target, _context.Buffers.HiddenStride);
    }

    private void Sum(int worker, PanelGroup group, RowRange rows, float* target)
    {
        int columns = group.Count * PackedMatrix.PanelColumns, last = _matrices.Length - 1;
        float* scratch = _context.Buffers.Scratch(worker);
        for (int rank = 0; rank <= last; rank++)
        {
            // As a counter carries: the sums of earlier ranks that this one completes are those of its trailing ones.
            int complete = BitOperations.TrailingZeroCount(~rank);
            float* sum = rank == last ? target : scratch + complete * BlockFloats;
            nint stride = rank == last ? _context.Buffers.HiddenStride : columns;
            Multiply(rank, group, rows, sum, stride);
            for (int level = 0; level < complete; level++) _context.Kernels.AddRows(sum, stride, scratch + level * BlockFloats, columns, columns, rows.Count);
        }
    }

    private void Multiply(int pe, PanelGroup group, RowRange rows, float* target, nint stride) =>
        _context.Multiply(_matrices[pe], group.First, group.Count, _input.Parts[pe], rows, target, stride);
}
