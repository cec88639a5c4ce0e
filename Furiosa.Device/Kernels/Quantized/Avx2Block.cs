using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// A few groups of a panel, spread once for all rows: every half of four bits in a byte of its own and scales as floats. Parts of eight
/// columns (INT8) or sixteen (4-bit) follow each other, each with its groups: eight steps of two vectors, then the scales. An INT8 step is the
/// low and the high halves of four inputs; a 4-bit one is four inputs of the left and of the right eight columns.
/// </summary>
internal static unsafe class Avx2Block
{
    private const int ScaleBytes = PackedMatrix.PanelColumns * sizeof(ushort);
    private const int StepBytes = PackedMatrix.PanelColumns * sizeof(uint);
    private const int StepVectors = 16 * 32;

    /// <summary>Most bytes of a block of so many groups.</summary>
    public static int Bytes(int groups) => groups * Parts(true) * GroupBytes(true);

    /// <summary>Parts of a panel.</summary>
    public static int Parts(bool eightBits) => eightBits ? 4 : 2;

    /// <summary>Bytes of one group of a part.</summary>
    public static int GroupBytes(bool eightBits) => StepVectors + (eightBits ? 32 : 64);

    /// <summary>Spreads some groups.</summary>
    /// <param name="eightBits">INT8 weights; otherwise 4-bit.</param>
    /// <param name="panel">Their blocks.</param>
    /// <param name="groups">How many.</param>
    /// <param name="block">Takes them, on a border of 32 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(bool eightBits, byte* panel, int groups, byte* block)
    {
        int parts = Parts(eightBits), groupBytes = GroupBytes(eightBits);
        for (int group = 0; group < groups; group++, panel += eightBits ? EightBits.BlockBytes : FourBits.BlockBytes)
        {
            for (int part = 0; part < parts; part++)
            {
                byte* target = block + (part * groups + group) * groupBytes;
                if (eightBits) SpreadEight(panel + ScaleBytes + 32 * part, target);
                else SpreadFour(panel + ScaleBytes + 64 * part, target);
                for (int scale = 0; scale < 64 / parts; scale += 16)
                    Avx2Tiles.Scales(panel, part * (4 / parts) + scale / 16).Store((float*)(target + StepVectors) + scale / 2);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadEight(byte* source, byte* target)
    {
        for (int step = 0; step < 8; step++, source += StepBytes, target += 64)
        {
            var bytes = Vector256.Load(source);
            Avx2Tiles.Low(bytes).Store(target);
            Avx2Tiles.High(bytes).Store(target + 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadFour(byte* source, byte* target)
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
