using System.Runtime.InteropServices;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Kernels.Rounded;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels.Rounded;

/// <summary>The emitted code of every AVX-512 BF16 tile, on a processor that is emulated and so everywhere, equals the twin.</summary>
internal sealed unsafe class PairEmitterTests
{
    [Test]
    public void Tile_OfEmittedCode_EqualsItsTwin([Range(1, 6)] int rows, [Values(0, 1)] int fetchedLines, [Values(1, 5)] int pairs)
    {
        const int Columns = PackedMatrix.PanelColumns, Gap = 16; // rows stand apart
        uint[] weights = Pairs(1, pairs * Columns), inputs = Pairs(2, rows * (pairs + Gap));
        float[] sums = TestValues.Strange(3, rows * (Columns + Gap)), expected = [.. sums];
        var code = new EmulatedProcessor(PairEmitter.Emit(rows, fetchedLines));
        foreach (var continues in new[] { 1, 0, 1 })
        {
            fixed (uint* w = weights, a = inputs)
            fixed (float* s = sums, e = expected)
            {
                TileArguments tile = new()
                {
                    Weights = (byte*)w, Activations = (byte*)a, ActivationStride = (pairs + Gap) * sizeof(uint), Groups = pairs,
                    Sums = s, SumStride = (Columns + Gap) * sizeof(float), Next = (byte*)w, Continues = continues, TileCount = 1,
                };
                code.Allow(&tile, sizeof(TileArguments));
                code.Allow(w, sizeof(uint) * weights.Length);
                code.Allow(a, sizeof(uint) * inputs.Length);
                code.Allow(s, sizeof(float) * sums.Length, canWrite: true);
                code.Call(&tile);

                tile.Sums = e;
                new ManagedPairTiles().Run(WeightFormat.Bf16Rounded, rows, &tile);
            }

            Bits.AssertEqual(sums, expected, $"continues {continues}");
        }
    }

    /// <summary>Pairs of BF16 of many sizes, denormals, infinities and NaN among them.</summary>
    private static uint[] Pairs(int seed, int count)
    {
        float[] odd = TestValues.Strange(seed, count), even = TestValues.Floats(seed + 10, count);
        return [.. MemoryMarshal.Cast<float, uint>(odd).ToArray().Zip(MemoryMarshal.Cast<float, uint>(even).ToArray(), (high, low) => (high & 0xFFFF0000) | low >> 16)];
    }
}
