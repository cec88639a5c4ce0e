using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>Fills in the partial sums and logits of a group's members in other processes.</summary>
internal sealed unsafe class GroupLink
{
    private readonly ForwardContext _context;
    private readonly ITensorParallelLink _link;
    private readonly bool[] _local;
    private readonly float[][] _values;
    private readonly int[] _counts;
    private readonly PeShare[] _shares;

    public GroupLink(ForwardContext context, ITensorParallelLink link)
    {
        _context = context;
        _link = link;
        int size = context.Stage.TensorParallel;
        _local = [.. Enumerable.Range(0, size).Select(context.Stage.Placement.LocalRanks.Contains)];
        _values = [.. Enumerable.Repeat(Array.Empty<float>(), size)];
        _counts = new int[size];
        _shares = PeShare.Of(context.Stage.Config, size, Enumerable.Range(0, size));
    }

    /// <summary>All ranks' partial sums of the step's rows.</summary>
    public void GatherPartials()
    {
        int count = checked(_context.Plan.RowCount * _context.Buffers.HiddenStride);
        for (int rank = 0; rank < _local.Length; rank++)
        {
            Reserve(rank, count);
            if (_local[rank]) new ReadOnlySpan<float>(_context.Buffers.Partials[rank], count).CopyTo(_values[rank]);
        }

        _link.AllGather(_values, _counts);
        for (int rank = 0; rank < _local.Length; rank++)
        {
            if (!_local[rank]) _values[rank].AsSpan(0, count).CopyTo(new Span<float>(_context.Buffers.Partials[rank], count));
        }
    }

    /// <summary>All ranks' sums of squares of query and key heads.</summary>
    public void GatherHeadSquares()
    {
        int heads = _context.Stage.Config.HeadCount;
        GatherSquares(
            row => _context.Buffers.HeadSquares + (nint)row * _context.Buffers.HeadSquaresStride,
            share => [(share.FirstHead, share.HeadCount), (heads + share.FirstKvHead, share.KvHeadCount)]);
    }

    /// <summary>All ranks' sums of squares of heads with states.</summary>
    public void GatherStateSquares() => GatherSquares(_context.Buffers.Recurrent!.SquaresOf, share => [(share.Recurrent.FirstHead, share.Recurrent.HeadCount)]);

    private void GatherSquares(RowOf sumsOf, Func<PeShare, (int First, int Count)[]> partsOf)
    {
        for (int rank = 0; rank < _local.Length; rank++)
        {
            Reserve(rank, checked(_context.Plan.RowCount * partsOf(_shares[rank]).Sum(part => part.Count)));
            if (_local[rank]) CopyHeads(rank, toLink: true);
        }

        _link.AllGather(_values, _counts);
        for (int rank = 0; rank < _local.Length; rank++)
        {
            if (!_local[rank]) CopyHeads(rank, toLink: false);
        }

        void CopyHeads(int rank, bool toLink)
        {
            var parts = partsOf(_shares[rank]);
            int next = 0;
            for (int row = 0; row < _context.Plan.RowCount; row++)
            {
                foreach (var (first, count) in parts)
                {
                    Copy(new Span<float>(sumsOf(row) + first, count), _values[rank].AsSpan(next, count), toLink);
                    next += count;
                }
            }
        }
    }

    private delegate float* RowOf(int row);

    /// <summary>All ranks' slices of the logits.</summary>
    public void GatherLogits()
    {
        if (_context.Plan.SampledRowCount == 0) return;
        for (int rank = 0; rank < _local.Length; rank++)
        {
            Reserve(rank, checked(_context.Plan.SampledRowCount * _shares[rank].VocabCount));
            if (_local[rank]) CopySlice(rank, toLink: true);
        }

        _link.AllGather(_values, _counts);
        for (int rank = 0; rank < _local.Length; rank++)
        {
            if (!_local[rank]) CopySlice(rank, toLink: false);
        }
    }

    private void Reserve(int rank, int count)
    {
        if (_values[rank].Length < count) _values[rank] = new float[count];
        _counts[rank] = count;
    }

    private void CopySlice(int rank, bool toLink)
    {
        int width = _shares[rank].VocabCount;
        for (int row = 0; row < _context.Plan.SampledRowCount; row++)
        {
            var slice = new Span<float>(_context.Logits(row) + _shares[rank].FirstVocab, width);
            var values = _values[rank].AsSpan(row * width, width);
            Copy(slice, values, toLink);
        }
    }

    private static void Copy(Span<float> local, Span<float> linked, bool toLink)
    {
        if (toLink) local.CopyTo(linked);
        else linked.CopyTo(local);
    }
}
