using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Tiles of four rows by eight columns for AVX2, whose byte product is of unsigned by signed bytes and adds two of them in 16 bits, which
/// whole bytes would overflow. Weights are therefore multiplied by halves of four bits: a group's sum of sixteen products of 15 by 127 fits.
/// </summary>
internal sealed unsafe class Avx2Tiles : IntegerTiles
{
    private const int Quarters = PackedMatrix.PanelColumns / 8;
    private const int ScaleBytes = PackedMatrix.PanelColumns * sizeof(ushort);
    private const int StepBytes = PackedMatrix.PanelColumns * sizeof(uint);

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    public override int MaxRows => 4;

    public override void Run(WeightFormat format, int rows, TileArguments* tile)
    {
        if (format == WeightFormat.Int8) Run<EightBitHalves>(rows, tile);
        else Run<FourBitHalves>(rows, tile);
    }

    private static void Run<THalves>(int rows, TileArguments* tile) where THalves : struct, INibbles
    {
        if (rows == 4)
        {
            for (int quarter = 0; quarter < Quarters; quarter++) FourRows<THalves>(tile, quarter);
            return;
        }

        var rest = *tile;
        for (; rows > 0; rows--)
        {
            OneRow<THalves>(&rest);
            rest.Activations += rest.ActivationStride;
            rest.Sums = (float*)((byte*)rest.Sums + rest.SumStride);
        }
    }

    /// <summary>One row of all columns: the weights are read once and in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<THalves>(TileArguments* tile) where THalves : struct, INibbles
    {
        byte* block = tile->Weights, row = tile->Activations;
        float* sums = tile->Sums;
        Vector256<float> s0 = Begin(tile, sums), s1 = Begin(tile, sums + 8), s2 = Begin(tile, sums + 16), s3 = Begin(tile, sums + 24);
        for (nint group = tile->Groups; group > 0; group--, block += THalves.BlockBytes, row += GroupLayout.RowGroupBytes)
        {
            Vector256<short> low0 = Vector256<short>.Zero, low1 = low0, low2 = low0, low3 = low0, high0 = low0, high1 = low0, high2 = low0, high3 = low0;
            LaneFetch<Lanes256>.Soon(block + LaneFetch<Lanes256>.AheadBytes);
            byte* weights = block + ScaleBytes;
            for (nint step = 0; step < THalves.Steps; step++, weights += StepBytes)
            {
                LaneFetch<Lanes256>.Soon(weights + LaneFetch<Lanes256>.AheadBytes);
                LaneFetch<Lanes256>.Soon(weights + LaneFetch<Lanes256>.AheadBytes + 64);
                Vector256<sbyte> lowInputs = Inputs(row + 4 * step), highInputs = THalves.HighInputs == 0 ? lowInputs : Inputs(row + THalves.HighInputs + 4 * step);
                Step(Vector256.Load(weights), lowInputs, highInputs, ref low0, ref high0);
                Step(Vector256.Load(weights + 32), lowInputs, highInputs, ref low1, ref high1);
                Step(Vector256.Load(weights + 64), lowInputs, highInputs, ref low2, ref high2);
                Step(Vector256.Load(weights + 96), lowInputs, highInputs, ref low3, ref high3);
            }

            s0 = Add<THalves>(low0, high0, row, Scales(block, 0), s0);
            s1 = Add<THalves>(low1, high1, row, Scales(block, 1), s1);
            s2 = Add<THalves>(low2, high2, row, Scales(block, 2), s2);
            s3 = Add<THalves>(low3, high3, row, Scales(block, 3), s3);
        }

        s0.Store(sums);
        s1.Store(sums + 8);
        s2.Store(sums + 16);
        s3.Store(sums + 24);
    }

    /// <summary>Four rows of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<THalves>(TileArguments* tile, nint quarter) where THalves : struct, INibbles
    {
        nint stride = tile->ActivationStride, sumStride = tile->SumStride / sizeof(float);
        byte* block = tile->Weights, next = tile->Next;
        byte* row0 = tile->Activations, row1 = row0 + stride, row2 = row1 + stride, row3 = row2 + stride;
        float* sums0 = tile->Sums + 8 * quarter, sums1 = sums0 + sumStride, sums2 = sums1 + sumStride, sums3 = sums2 + sumStride;
        Vector256<float> s0 = Begin(tile, sums0), s1 = Begin(tile, sums1), s2 = Begin(tile, sums2), s3 = Begin(tile, sums3);
        for (nint group = tile->Groups, offset = 0; group > 0; group--, offset += GroupLayout.RowGroupBytes, block += THalves.BlockBytes)
        {
            byte* weights = block + ScaleBytes + 32 * quarter;
            Vector256<short> low0 = Vector256<short>.Zero, low1 = low0, low2 = low0, low3 = low0, high0 = low0, high1 = low0, high2 = low0, high3 = low0;
            for (nint step = 0, at = offset; step < THalves.Steps; step++, at += 4, weights += StepBytes)
            {
                var bytes = Vector256.Load(weights);
                Vector256<byte> low = Low(bytes), high = High(bytes);
                Step<THalves>(low, high, row0 + at, ref low0, ref high0);
                Step<THalves>(low, high, row1 + at, ref low1, ref high1);
                Step<THalves>(low, high, row2 + at, ref low2, ref high2);
                Step<THalves>(low, high, row3 + at, ref low3, ref high3);
            }

            var scales = Scales(block, quarter);
            s0 = Add<THalves>(low0, high0, row0 + offset, scales, s0);
            s1 = Add<THalves>(low1, high1, row1 + offset, scales, s1);
            s2 = Add<THalves>(low2, high2, row2 + offset, scales, s2);
            s3 = Add<THalves>(low3, high3, row3 + offset, scales, s3);
            if (next is not null) next = Prefetch(next, tile->Tile * Quarters + quarter, tile->TileCount * Quarters, THalves.BlockBytes);
        }

        s0.Store(sums0);
        s1.Store(sums1);
        s2.Store(sums2);
        s3.Store(sums3);
    }

    /// <summary>Four inputs of eight columns for one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        Vector256<byte> bytes, Vector256<sbyte> lowInputs, Vector256<sbyte> highInputs, ref Vector256<short> lowSum, ref Vector256<short> highSum)
    {
        lowSum += Avx2.MultiplyAddAdjacent(Low(bytes), lowInputs);
        highSum += Avx2.MultiplyAddAdjacent(High(bytes), highInputs);
    }

    /// <summary>The same with weights that are apart already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<THalves>(Vector256<byte> low, Vector256<byte> high, byte* row, ref Vector256<short> lowSum, ref Vector256<short> highSum)
        where THalves : struct, INibbles
    {
        var inputs = Inputs(row);
        lowSum += Avx2.MultiplyAddAdjacent(low, inputs);
        highSum += Avx2.MultiplyAddAdjacent(high, THalves.HighInputs == 0 ? inputs : Inputs(row + THalves.HighInputs));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Inputs(byte* four) => Avx2.BroadcastScalarToVector256((int*)four).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add<THalves>(Vector256<short> low, Vector256<short> high, byte* group, Vector256<float> scales, Vector256<float> sum)
        where THalves : struct, INibbles
    {
        var products = THalves.Join(low, high) + Avx2.BroadcastScalarToVector256((int*)(group + THalves.StartOffset));
        return Vector256.FusedMultiplyAdd(
            products.AsSingle() - Avx.BroadcastScalarToVector256((float*)(group + GroupLayout.OriginOffset)), scales, sum);
    }

    /// <summary>The lower four bits of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Low(Vector256<byte> bytes) => bytes & Vector256.Create((byte)0x0F);

    /// <summary>The upper four bits of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> High(Vector256<byte> bytes) => Vector256.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector256.Create((byte)0x0F);

    /// <summary>Eight finite halves as floats, exactly: the sign and the other bits move apart, the exponent takes the other bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales(byte* block, nint quarter)
    {
        var bits = Avx2.ConvertToVector256Int32((short*)(block + 16 * quarter));
        return (Vector256.ShiftLeft(bits, 13) & Vector256.Create(unchecked((int)0x8FFFE000))).AsSingle() * Vector256.Create(HalfBits.Rebias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Begin(TileArguments* tile, float* sums) => tile->Continues == 0 ? Vector256<float>.Zero : Vector256.Load(sums);

    private static byte* Prefetch(byte* next, nint part, nint parts, int blockBytes)
    {
        int lines = blockBytes / 64;
        for (nint line = part * lines / parts; line < (part + 1) * lines / parts; line++) Sse.Prefetch1(next + 64 * line);
        return next + blockBytes;
    }

    /// <summary>What the four-bit halves of a block's bytes are.</summary>
    private interface INibbles
    {
        static abstract int BlockBytes { get; }

        static abstract int StartOffset { get; }

        /// <summary>Vectors of a group for eight columns.</summary>
        static abstract int Steps { get; }

        /// <summary>How many inputs further on the ones are that the high halves multiply.</summary>
        static abstract int HighInputs { get; }

        /// <summary>The sum of both, as 32-bit integers.</summary>
        static abstract Vector256<int> Join(Vector256<short> low, Vector256<short> high);
    }

    /// <summary>Halves of one weight.</summary>
    private readonly struct EightBitHalves : INibbles
    {
        public static int BlockBytes => EightBits.BlockBytes;

        public static int StartOffset => EightBits.StartOffset;

        public static int Steps => 8;

        public static int HighInputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Join(Vector256<short> low, Vector256<short> high) =>
            Avx2.MultiplyAddAdjacent(low, Vector256<short>.One) + Avx2.MultiplyAddAdjacent(high, Vector256.Create((short)16));
    }

    /// <summary>Two weights.</summary>
    private readonly struct FourBitHalves : INibbles
    {
        public static int BlockBytes => FourBits.BlockBytes;

        public static int StartOffset => FourBits.StartOffset;

        public static int Steps => 4;

        public static int HighInputs => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Join(Vector256<short> low, Vector256<short> high) => Avx2.MultiplyAddAdjacent(low + high, Vector256<short>.One);
    }
}
