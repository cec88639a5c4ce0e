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
        AssertWidens<Lanes512>(block!, weights);
    }

    // A table serves for the next block where that has no other upper bytes, even where others would be more frequent there.
    [Test]
    public void TryCompress_OfSeveralBlocks_KeepsTheTableWhileItHasEveryUpperByte([Values] bool plain)
    {
        ushort[] weights = [.. Weights(128, kinds: 9, exceptions: 7), .. Weights(128, kinds: 4, exceptions: 0), .. Weights(128, kinds: 12, exceptions: 0), .. Weights(128, kinds: 16, exceptions: 3)];

        var blocks = Compress(weights, 512, plain)!;

        byte[][] tables = [.. Enumerable.Range(0, 4).Select(i => blocks.AsSpan(i * CompressedLayout.BlockBytes, CompressedLayout.TableSize).ToArray())];
        Assert.That(tables[1], Is.EqualTo(tables[0]));
        Assert.That(tables[2], Is.Not.EqualTo(tables[1]), "it lacks three");
        Assert.That(tables[3], Is.Not.EqualTo(tables[2]), "it lacks seven, three of which are exceptions");
        for (int i = 0; i < 4; i++) AssertWidens<Lanes512>(blocks[(i * CompressedLayout.BlockBytes)..], weights[(i * Block)..((i + 1) * Block)]);
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

    // What a damaged artifact may hold: nothing outside what a block stands for is written.
    [Test]
    public void Multiply_OfPlacesOutsideTheBlock_StaysInside([Values(3, 4063, 4095, 4096, 65534)] int place, [Values(127, 250)] int inputs)
    {
        var blocks = Compress(Weights(inputs, kinds: 4, exceptions: 0), inputs, plain: false)!;
        for (int first = 0; first < inputs; first += CompressedLayout.BlockInputs)
        {
            var places = blocks.AsSpan(first / CompressedLayout.BlockInputs * CompressedLayout.BlockBytes + CompressedLayout.PlacesOffset);
            for (int i = 0; i < CompressedLayout.MostExceptions; i++) BitConverter.TryWriteBytes(places[(2 * i)..], (ushort)(place - i % 2));
        }

        AssertInside<LanesScalar>(blocks, inputs);
        AssertInside<Lanes256>(blocks, inputs);
        AssertInside<Lanes512>(blocks, inputs);
    }

    // Both signs, infinities and what is no number.
    [Test]
    public void TryCompress_OfEveryKindOfNumber_KeepsEveryWeight()
    {
        ushort[] kinds = [0x0000, 0x8000, 0x0001, 0x8001, 0x7F80, 0xFF80, 0x7FC0, 0xFFC1, 0x3F80, 0xBF80, 0x7F7F, 0xFF7F];
        ushort[] weights = [.. Enumerable.Range(0, Block).Select(i => kinds[i * 7 % kinds.Length])];

        AssertWidens<LanesScalar>(Compress(weights, 128, plain: false)!, weights);
        AssertWidens<Lanes512>(Compress(weights, 128, plain: true)!, weights);
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
            CompressedBlock<TLanes>.Widen(bytes, 0, 128, target);
        var expected = new float[Block];
        for (int i = 0; i < Block; i++) expected[i] = BitConverter.UInt32BitsToSingle((uint)weights[i / 64 * 64 + i % 32 * 2 + i / 32 % 2] << 16);
        Bits.AssertEqual(wide, expected, typeof(TLanes).Name);

        var expanded = new ushort[Block];
        fixed (byte* bytes = block)
        fixed (ushort* target = expanded)
            CompressedBlock<TLanes>.Expand(bytes, 128, target);
        Assert.That(expanded, Is.EqualTo(weights), typeof(TLanes).Name);
    }

    private static void AssertInside<TLanes>(byte[] blocks, int inputs) where TLanes : struct, ILanes<TLanes>
    {
        const int rows = 8, stride = 48;
        int whole = (inputs + CompressedLayout.BlockInputs - 1) / CompressedLayout.BlockInputs * Block;
        float[] a = TestValues.Floats(1, rows * inputs), sums = new float[rows * stride], wide = new float[Block + 64], kept = new float[whole + 64];
        fixed (byte* bytes = blocks)
        fixed (float* input = a, y = sums, target = wide, keep = kept)
        {
            CompressedBlock<TLanes>.Multiply(input, inputs, inputs, bytes, rows, y, stride, false, null, 0, keep);
            CompressedBlock<TLanes>.Multiply(input, inputs, inputs, bytes, 3, y, stride, false, null, 0, null);
            CompressedBlock<TLanes>.Widen(bytes, 0, 128, target);
            CompressedBlock<TLanes>.Expand(bytes, Math.Min(inputs, CompressedLayout.BlockInputs), (ushort*)keep);
        }

        for (int row = 0; row < rows; row++) Assert.That(sums.AsSpan(row * stride + 32, 16).IndexOfAnyExcept(0f), Is.EqualTo(-1));
        Assert.That(wide.AsSpan(Block).IndexOfAnyExcept(0f), Is.EqualTo(-1));
        Assert.That(kept.AsSpan(whole).IndexOfAnyExcept(0f), Is.EqualTo(-1));
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
