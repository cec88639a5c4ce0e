using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Some neighbouring panels of one PE's matrix: what a thread claims at once of a product.</summary>
/// <param name="Pe">The PE.</param>
/// <param name="First">First panel.</param>
/// <param name="Count">Panels.</param>
internal readonly record struct PanelGroup(StagePe Pe, int First, int Count)
{
    private const int MostPanels = 8;
    private const long TargetBytes = 48 << 10; // enough neighbouring memory for the hardware's prefetcher, few enough to share out evenly

    /// <summary>Most columns of a group.</summary>
    public const int MaxColumns = MostPanels * PackedMatrix.PanelColumns;

    /// <summary>All panels of the local PEs' matrices.</summary>
    public static PanelGroup[] Of(StagePe[] pes, Func<StagePe, PackedMatrix> matrix) =>
        [.. pes.SelectMany(pe => Of(pe, matrix(pe).PanelCount, matrix(pe).PanelBytes))];

    /// <summary>The panels of matrices that have the same columns, each group standing for the same panels of all PEs.</summary>
    public static PanelGroup[] Across(StagePe[] pes, Func<StagePe, PackedMatrix> matrix) =>
        [.. Of(pes[0], matrix(pes[0]).PanelCount, pes.Sum(pe => matrix(pe).PanelBytes))];

    /// <summary>Where its panels of a matrix begin and end.</summary>
    public unsafe (nint Start, nint End) Bytes(PackedMatrix matrix) => ((nint)matrix.Panel(First), (nint)matrix.Panel(First + Count));

    private static IEnumerable<PanelGroup> Of(StagePe pe, int panels, long panelBytes)
    {
        int most = (int)Math.Clamp(TargetBytes / Math.Max(1, panelBytes), 2, MostPanels);
        for (int panel = 0; panel < panels; panel += most) yield return new PanelGroup(pe, panel, Math.Min(most, panels - panel));
    }
}

/// <summary>Rows that a thread takes at once.</summary>
/// <param name="First">First row.</param>
/// <param name="Count">Rows.</param>
internal readonly record struct RowRange(int First, int Count)
{
    /// <summary>Rows of a linear product's item.</summary>
    public const int ProductRows = IPanelProduct.MostRows;

    /// <summary>Rows of an item of what is done row by row.</summary>
    public const int LightRows = 4;

    public static int BlocksOf(int rows, int size) => (rows + size - 1) / size;

    public static RowRange Of(int block, int size, int rows) => new(block * size, Math.Min(size, rows - block * size));
}
