using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels.Quantized;

/// <summary>The emitted code of every AVX-512 VNNI tile, on a processor that is emulated and so everywhere, equals the twin.</summary>
internal sealed unsafe class VnniEmitterTests
{
    [Test]
    public void Tile_OfEmittedCode_EqualsItsTwin(
        [Values(WeightFormat.Int8, WeightFormat.Int4)] WeightFormat format, [Range(1, 6)] int rows, [Values(0, 3, 6, 9)] int fetchedLines, [Values(1, 3)] int groups)
    {
        var blockBytes = format == WeightFormat.Int8 ? EightBits.BlockBytes : FourBits.BlockBytes;
        const int Columns = PackedMatrix.PanelColumns, Gap = 16; // rows stand apart
        var random = new Random(rows);
        var weights = new byte[groups * blockBytes];
        random.NextBytes(weights);
        var activations = new byte[rows * (groups * GroupLayout.RowGroupBytes + Gap)];
        random.NextBytes(activations);
        float[] sums = TestValues.Strange(3, rows * (Columns + Gap)), expected = [.. sums];
        var code = new EmulatedProcessor(VnniEmitter.Emit(format == WeightFormat.Int8, rows, fetchedLines));
        foreach (var continues in new[] { 1, 0, 1 })
        {
            for (var group = 0; group < groups; group++) MakePlausible(weights.AsSpan(group * blockBytes), random);
            fixed (byte* w = weights, a = activations)
            fixed (float* s = sums, e = expected)
            {
                for (var i = 0; i < rows * groups; i++) MakePlausible(a + i / groups * (activations.Length / rows) + i % groups * GroupLayout.RowGroupBytes, random);
                TileArguments tile = new()
                {
                    Weights = w, Activations = a, ActivationStride = activations.Length / rows, Groups = groups,
                    Sums = s, SumStride = (Columns + Gap) * sizeof(float), Next = w, Continues = continues, TileCount = 1,
                };
                code.Allow(&tile, sizeof(TileArguments));
                code.Allow(w, weights.Length);
                code.Allow(a, activations.Length);
                code.Allow(s, sizeof(float) * sums.Length, canWrite: true);
                code.Call(&tile);

                tile.Sums = e;
                new ManagedTiles<IntegersScalar, LanesScalar>().Run(format, rows, &tile);
            }

            Bits.AssertEqual(sums, expected, $"continues {continues}");
        }
    }

    /// <summary>Scales of weights are halves of the usual sizes.</summary>
    private static void MakePlausible(Span<byte> block, Random random)
    {
        for (var column = 0; column < PackedMatrix.PanelColumns; column++) BitConverter.TryWriteBytes(block[(2 * column)..], (Half)(random.NextSingle() / 64));
    }

    /// <summary>A row's scale is a number, and its starts are what its values ask for.</summary>
    private static void MakePlausible(byte* group, Random random)
    {
        var sum = 0;
        for (var i = 0; i < GroupLayout.GroupSize; i++) sum += (sbyte)group[i];
        *(float*)(group + GroupLayout.ScaleOffset) = random.NextSingle();
        *(int*)(group + GroupLayout.Int8StartOffset) = -128 * sum;
        *(int*)(group + GroupLayout.Int4StartOffset) = -8 * sum;
    }
}
