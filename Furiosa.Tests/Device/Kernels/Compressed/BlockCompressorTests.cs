using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Compressed;

namespace Furiosa.Tests.Device.Kernels.Compressed;

/// <summary>Blocks hold every weight as it was, or are refused.</summary>
internal sealed unsafe class BlockCompressorTests
{
    private const int Block = CompressedLayout.BlockInputs * PackedMatrix.PanelColumns;

    [Test]
    public void TryCompress_InVectors_WritesWhatPlainLoopsWrite([Values(1, 2, 64, 127, 128, 129, 300)] int inputs, [Values(1, 7, 16)] int kinds)
    {
        var weights = Weights(inputs, kinds, exceptions: 5);

        byte[]? vectors = Compress(weights, inputs, plain: false), plain = Compress(weights, inputs, plain: true);

        Assert.That(vectors, Is.Not.Null.And.EqualTo(plain));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(16)]
    public void TryCompress_OfFewExceptions_KeepsEveryWeight(int exceptions)
    {
        var weights = Weights(128, kinds: 16, exceptions);

        var block = Compress(weights, 128, plain: false);

        Assert.That(block, Is.Not.Null);
        AssertWidens<LanesScalar>(block!, weights);
        AssertWidens<Lanes256>(block!, weights);
        if (KernelLevels.Resolve(KernelLevel.Auto) >= KernelLevel.Vector512) AssertWidens<Lanes512>(block!, weights);
    }

    [Test]
    public void TryCompress_OfMoreExceptions_IsRefused([Values] bool plain) => Assert.That(Compress(Weights(128, kinds: 16, exceptions: 17), 128, plain), Is.Null);

    [Test]
    public void TryCompress_OfEveryUpperByte_IsRefused([Values] bool plain) =>
        Assert.That(Compress([.. Enumerable.Range(0, Block).Select(i => (ushort)(i * 257))], 128, plain), Is.Null);

    [Test]
    public void TryCompress_OfASecondBlockThatIsRefused_IsRefused()
    {
        ushort[] weights = [.. Weights(128, kinds: 3, exceptions: 0), .. Weights(128, kinds: 16, exceptions: 40)];

        Assert.That(Compress(weights, 256, plain: false), Is.Null);
    }

    // What a damaged artifact may hold: nothing outside the block is read or written.
    [Test]
    public void Multiply_OfPlacesOutsideTheBlock_StaysInside([Values(3, 4095, 4096, 65534)] int place)
    {
        var block = Compress(Weights(128, kinds: 4, exceptions: 0), 128, plain: false)!;
        for (int i = 0; i < CompressedLayout.MostExceptions; i++) BitConverter.TryWriteBytes(block.AsSpan(CompressedLayout.PlacesOffset + 2 * i), (ushort)(place - i % 2));
        float[] a = TestValues.Floats(1, 128), sums = new float[48], wide = new float[Block + 64];

        fixed (byte* bytes = block)
        fixed (float* input = a, y = sums, target = wide)
        {
            CompressedBlock<LanesScalar>.Multiply(input, 128, 128, bytes, 1, y, 32, false, null, 0, null);
            CompressedBlock<LanesScalar>.Widen(bytes, 0, 64, target);
        }

        Assert.That(sums.AsSpan(32).IndexOfAnyExcept(0f), Is.EqualTo(-1));
        Assert.That(wide.AsSpan(Block).IndexOfAnyExcept(0f), Is.EqualTo(-1));
    }

    private static byte[]? Compress(ushort[] weights, int inputs, bool plain)
    {
        var blocks = new byte[new CompressedLayout([0, inputs]).ChunkOffsets[1]];
        fixed (ushort* pairs = weights)
        fixed (byte* target = blocks)
            return BlockCompressor.TryCompress(pairs, inputs, target, plain) ? blocks : null;
    }

    private static void AssertWidens<TLanes>(byte[] block, ushort[] weights) where TLanes : struct, ILanes<TLanes>
    {
        var wide = new float[Block];
        fixed (byte* bytes = block)
        fixed (float* target = wide)
            CompressedBlock<TLanes>.Widen(bytes, 0, 64, target);
        var expected = new float[Block];
        for (int i = 0; i < Block; i++) expected[i] = BitConverter.UInt32BitsToSingle((uint)weights[i / 64 * 64 + i % 32 * 2 + i / 32 % 2] << 16);
        Bits.AssertEqual(wide, expected, typeof(TLanes).Name);
    }

    // Whole pairs: some upper bytes often and others once.
    private static ushort[] Weights(int inputs, int kinds, int exceptions)
    {
        var random = new Random(inputs);
        var weights = new ushort[(inputs + 1) / 2 * 64];
        for (int i = 0; i < weights.Length; i++) weights[i] = (ushort)((30 + 3 * (i % kinds)) << 8 | random.Next(256));
        for (int i = 0; i < exceptions; i++) weights[i * 251 % weights.Length] = (ushort)((100 + i % 100) << 8 | i);
        return weights;
    }
}
