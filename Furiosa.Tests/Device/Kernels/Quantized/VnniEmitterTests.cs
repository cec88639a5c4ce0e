using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Tests.Device.Kernels.Quantized;

/// <summary>The emitted code of every AVX-512 VNNI tile, on a processor that is emulated and so everywhere, equals the twin.</summary>
internal sealed unsafe class VnniEmitterTests
{
    [Test]
    public void Tile_OfEmittedCode_EqualsItsTwin(
        [Values(WeightFormat.Int8, WeightFormat.Int4)] WeightFormat format, [Range(1, 6)] int rows, [Values(0, 3, 6, 9)] int fetchedLines, [Values(1, 3)] int groups)
    {
        var blockBytes = format == WeightFormat.Int8 ? EightBits.BlockBytes : FourBits.BlockBytes;
        const int Gap = 16; // rows stand apart
        var rowBytes = groups * GroupLayout.RowGroupBytes + Gap;
        var random = new Random(rows);
        byte[] weights = new byte[groups * blockBytes], inputs = new byte[rows * rowBytes];
        random.NextBytes(weights);
        random.NextBytes(inputs);
        var tile = new EmulatedTile(VnniEmitter.Emit(format == WeightFormat.Int8, rows, fetchedLines), new ManagedTiles<IntegersScalar, LanesScalar>(), format, rows);
        foreach (var continues in new[] { true, false, true })
        {
            for (var group = 0; group < groups; group++) MakePlausible(weights.AsSpan(group * blockBytes), random);
            fixed (byte* row = inputs)
            {
                for (var i = 0; i < rows * groups; i++) MakePlausible(row + i / groups * rowBytes + i % groups * GroupLayout.RowGroupBytes, random);
            }

            tile.AssertEqualsTwin(weights, inputs, groups, continues);
        }
    }

    /// <summary>Scales of weights are halves of the usual sizes.</summary>
    private static void MakePlausible(Span<byte> block, Random random)
    {
        for (var column = 0; column < PackedMatrix.PanelColumns; column++) BitConverter.TryWriteBytes(block[(2 * column)..], (Half)(random.NextSingle() / 64));
    }

    /// <summary>A row's scale is a power of two, and its starts are what its values ask for.</summary>
    private static void MakePlausible(byte* group, Random random)
    {
        var sum = 0;
        for (var i = 0; i < GroupLayout.GroupSize; i++) sum += (sbyte)group[i];
        float origin = 1.5f * MathF.ScaleB(1, 23 + random.Next(-20, 20));
        *(float*)(group + GroupLayout.OriginOffset) = origin;
        *(int*)(group + GroupLayout.Int8StartOffset) = BitConverter.SingleToInt32Bits(origin) - 128 * sum;
        *(int*)(group + GroupLayout.Int4StartOffset) = BitConverter.SingleToInt32Bits(origin) - 8 * sum;
    }
}
