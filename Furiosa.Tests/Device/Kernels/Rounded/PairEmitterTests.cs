using System.Runtime.InteropServices;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Rounded;
using Furiosa.Tests.Device.Kernels.Quantized;

namespace Furiosa.Tests.Device.Kernels.Rounded;

/// <summary>The emitted code of every AVX-512 BF16 tile, on a processor that is emulated and so everywhere, equals the twin.</summary>
internal sealed class PairEmitterTests
{
    [Test]
    public void Tile_OfEmittedCode_EqualsItsTwin([Range(1, 6)] int rows, [Values(0, 1)] int fetchedLines, [Values(1, 5)] int pairs)
    {
        const int Gap = 16; // rows stand apart
        byte[] weights = Pairs(1, pairs * PackedMatrix.PanelColumns), inputs = Pairs(2, rows * (pairs + Gap));
        var tile = new EmulatedTile(PairEmitter.Emit(rows, fetchedLines), new ManagedPairTiles(), WeightFormat.Bf16Rounded, rows);
        foreach (var continues in new[] { true, false, true }) tile.AssertEqualsTwin(weights, inputs, pairs, continues);
    }

    /// <summary>Pairs of BF16 of many sizes, denormals, infinities and NaN among them.</summary>
    private static byte[] Pairs(int seed, int count)
    {
        ReadOnlySpan<uint> odd = MemoryMarshal.Cast<float, uint>(TestValues.Strange(seed, count)), even = MemoryMarshal.Cast<float, uint>(TestValues.Floats(seed + 10, count));
        var pairs = new uint[count];
        for (var i = 0; i < count; i++) pairs[i] = (odd[i] & 0xFFFF0000) | even[i] >> 16;
        return MemoryMarshal.AsBytes<uint>(pairs).ToArray();
    }
}
