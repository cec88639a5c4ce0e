using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Gguf;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>Every type of block against its twin, to the bit.</summary>
[TestFixture]
internal sealed class GgufRowsTests
{
    private const int Rows = 3;
    private const int BlocksInRow = 2;

    private static readonly string[] Names = [.. GgufTwin.Types.Select(type => type.Name)];

    [Test]
    public void Types_WithBlocks_AllHaveATwin() =>
        Assert.That(Names.Concat(["F32", "F16", "BF16"]), Is.EquivalentTo(Enum.GetNames<GgufTensorType>()));

    [TestCaseSource(nameof(Names))]
    public void ReadRow_OfRandomBlocks_GivesWhatTheDefinitionSays(string name)
    {
        var (_, number, elements, blockBytes) = GgufTwin.Types.Single(type => type.Name == name);
        var data = Blocks(name, blockBytes, Rows * BlocksInRow, seed: 7);
        using var directory = new TemporaryDirectory();
        var path = directory.Write("a.gguf", new GgufWriter().Add("t", [Rows, BlocksInRow * elements], number, data).Write());
        using var file = GgufFile.Open(path);

        var tensor = file.Tensors["t"];

        var width = BlocksInRow * elements;
        var row = new float[width];
        for (var r = 0; r < Rows; r++)
        {
            tensor.ReadRow(r, row);
            for (var i = 0; i < width; i++)
            {
                var block = data.AsSpan((r * BlocksInRow + i / elements) * blockBytes, blockBytes);
                Assert.That(Bits(row[i]), Is.EqualTo(Bits(GgufTwin.Element(name, block, i % elements))), $"row {r}, element {i}");
            }
        }

        // A part from the middle of one group to the middle of another is the same part of the row.
        var part = new float[width - 40];
        tensor.ReadRow(1, 19, part.Length, part);
        tensor.ReadRow(1, row);
        Assert.That(part, Is.EqualTo(row[19..(19 + part.Length)]));
    }

    [TestCase(0, TensorType.F32)]
    [TestCase(1, TensorType.F16)]
    [TestCase(30, TensorType.BF16)]
    public void ReadRow_OfPlainTypes_IsThePlainTensor(int number, TensorType type)
    {
        var bytes = new byte[6 * type.Size()];
        new Random(3).NextBytes(bytes);
        using var directory = new TemporaryDirectory();
        using var file = GgufFile.Open(directory.Write("a.gguf", new GgufWriter { Version = 2 }.Add("t", [2, 3], number, bytes).Write()));

        Assert.That(file.Tensors["t"].Type, Is.EqualTo(type));
        Assert.That(file.Tensors["t"].Bytes.ToArray(), Is.EqualTo(bytes));
        Assert.That(file.Tensors["t"].Shape, Is.EqualTo(new long[] { 2, 3 }));
    }

    /// <summary>Random blocks whose halves are finite.</summary>
    internal static byte[] Blocks(string name, int blockBytes, int count, int seed)
    {
        var random = new Random(seed);
        var data = new byte[count * blockBytes];
        random.NextBytes(data);
        for (var block = 0; block < count; block++)
        {
            foreach (var at in GgufTwin.Halves(name)) BitConverter.TryWriteBytes(data.AsSpan(block * blockBytes + at), (Half)((random.NextDouble() - 0.4) * (block == 1 ? 1e-6 : 0.1)));
            if (name == "MXFP4") data[block * blockBytes] = (byte)random.Next(100, 140);
        }

        return data;
    }

    // Zeros of both signs are one value: a code of zero times a negative scale.
    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value);
}
