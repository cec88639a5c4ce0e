using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Models;

/// <summary>
/// Rows that a product reads whose inputs are split over PEs: columns of one PE after the other, all of them together and each PE's part.
/// </summary>
internal sealed unsafe class SplitInput
{
    private readonly int[] _offsets;

    /// <param name="parts">For each local PE in rank order its first column and how its inputs are grouped: null where the weights are not quantised.</param>
    public SplitInput(IEnumerable<(int First, GroupLayout? Layout)> parts)
    {
        var list = parts.ToArray();
        _offsets = [.. list.Select(part => part.First)];
        Whole = new LinearInput(Joined([.. list.Select(part => part.Layout).OfType<GroupLayout>()]));
        Parts = [.. list.Select(part => new LinearInput(part.Layout, Whole.QuantizedStride))];
    }

    /// <summary>The rows.</summary>
    public LinearInput Whole { get; }

    /// <summary>Each PE's part of them.</summary>
    public LinearInput[] Parts { get; }

    /// <summary>Whether columns are quantised by whoever makes them, some panels at a time, so that no phase of its own does it.</summary>
    public bool TakesPanels => Array.TrueForAll(Parts, part => part.TakesPanels);

    /// <summary>Says where the rows are.</summary>
    /// <param name="values">The first row.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="quantized">The first quantised row; null where the weights are not quantised.</param>
    public void Place(float* values, nint stride, byte* quantized)
    {
        Whole.Place(values, stride, quantized);
        for (int i = 0; i < Parts.Length; i++)
        {
            Parts[i].Place(values is null ? null : values + _offsets[i], stride, quantized);
            if (quantized is not null) quantized += Parts[i].Layout!.RowBytes;
        }
    }

    // Chunk after chunk, as a group of one PE has them.
    private static GroupLayout? Joined(GroupLayout[] layouts)
    {
        if (layouts.Length == 0) return null;
        List<int> starts = [0];
        foreach (var layout in layouts)
        {
            int first = starts[^1];
            starts.AddRange(layout.ChunkStarts.Skip(1).Select(start => first + start));
        }

        return new GroupLayout([.. starts], layouts[0].OfPairs);
    }
}
