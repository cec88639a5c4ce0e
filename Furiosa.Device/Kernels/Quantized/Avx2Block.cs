using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// A few groups of a panel of 4-bit weights, spread once for all rows: every weight in a byte of its own and scales as floats. Parts of sixteen
/// columns follow each other, each with its groups: eight steps of two vectors, four inputs of the left and of the right eight columns, then the scales.
/// </summary>
internal static unsafe class Avx2Block
{
    /// <summary>Parts of a panel.</summary>
    public const int Parts = 2;

    /// <summary>Bytes of one group of a part.</summary>
    public const int GroupBytes = StepVectors + 64;

    private const int ScaleBytes = PackedMatrix.PanelColumns * sizeof(ushort);
    private const int StepBytes = PackedMatrix.PanelColumns * sizeof(uint);
    private const int StepVectors = 16 * 32;

    /// <summary>Bytes of a block of so many groups.</summary>
    public static int Bytes(int groups) => groups * Parts * GroupBytes;

    /// <summary>Spreads some groups.</summary>
    /// <param name="panel">Their blocks.</param>
    /// <param name="groups">How many.</param>
    /// <param name="block">Takes them, on a border of 32 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(byte* panel, int groups, byte* block)
    {
        for (int group = 0; group < groups; group++, panel += FourBits.BlockBytes)
        {
            for (int part = 0; part < Parts; part++)
            {
                byte* target = block + (part * groups + group) * GroupBytes;
                Spread(panel + ScaleBytes + 64 * part, target);
                Avx2Tiles.Scales(panel, 2 * part).Store((float*)(target + StepVectors));
                Avx2Tiles.Scales(panel, 2 * part + 1).Store((float*)(target + StepVectors) + 8);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(byte* source, byte* target)
    {
        for (int step = 0; step < 4; step++, source += StepBytes, target += 64)
        {
            Vector256<byte> left = Vector256.Load(source), right = Vector256.Load(source + 32);
            Avx2Tiles.Low(left).Store(target);
            Avx2Tiles.Low(right).Store(target + 32);
            Avx2Tiles.High(left).Store(target + 256);
            Avx2Tiles.High(right).Store(target + 288);
        }
    }
}
