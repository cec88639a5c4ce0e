using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels;

/// <summary>
/// How many rows widen BF16 and F16 weights tile by tile in registers, instead of once into memory for all tiles. Where a product of 512 bits takes a whole
/// cycle, widening competes with it, and one tile is the most; where there are two a cycle, a second tile widens again sooner than it would load floats, and
/// a shift or a mask costs nothing beside products.
/// </summary>
internal static class WideningRows<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int HighestLeaf = unchecked((int)0x80000000);
    private const int OptimizationLeaf = unchecked((int)0x8000001A);
    private const int WholeWidth = 1 << 3; // FP512: AMD64 Architecture Programmer's Manual, volume 3, appendix E

    /// <summary>Whether any number of rows widens what takes but a shift or a mask.</summary>
    public static bool ShiftsAreFree { get; } = typeof(TLanes) == typeof(Lanes512) && HasWholeWidth();

    /// <summary>Most rows that widen anything else, or anything where shifts are not free.</summary>
    public static int Most { get; } = (ShiftsAreFree ? 2 : 1) * LinearBlock<TLanes>.TileRows;

    private static bool HasWholeWidth() => X86Base.IsSupported
        && (uint)X86Base.CpuId(HighestLeaf, 0).Eax >= unchecked((uint)OptimizationLeaf) && (X86Base.CpuId(OptimizationLeaf, 0).Eax & WholeWidth) != 0;
}
