using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

public sealed class SafetensorsFileTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Open_TwoTensors_GivesShapesTypesAndValues()
    {
        var path = _directory.Write("a.safetensors", SafetensorsWriter.Write(
            SafetensorsWriter.Floats("w", [2, 3], 1, 2, 3, 4, 5, 6.5f),
            ("b", "BF16", [2], [0x80, 0x3F, 0x20, 0xC0]),
            ("h", "F16", [1], [0x00, 0x3E])));

        using var file = SafetensorsFile.Open(path);

        Assert.That(file.Tensors["w"].Shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(file.Tensors["w"].ReadAll(), Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6.5f }));
        Assert.That(file.Tensors["b"].Type, Is.EqualTo(TensorType.BF16));
        Assert.That(file.Tensors["b"].ReadAll(), Is.EqualTo(new[] { 1f, -2.5f }));
        Assert.That(file.Tensors["h"].ReadAll(), Is.EqualTo(new[] { 1.5f }));
    }

    [Test]
    public void ReadSlice_InnerRectangle_PacksItsRows()
    {
        var path = _directory.Write("a.safetensors", SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [3, 4], [.. Enumerable.Range(0, 12).Select(i => (float)i)])));
        using var file = SafetensorsFile.Open(path);
        var values = new float[4];

        file.Tensors["w"].ReadSlice(1, 2, 2, 2, values);

        Assert.That(values, Is.EqualTo(new[] { 6f, 7, 10, 11 }));
        Assert.That(() => file.Tensors["w"].ReadRow(1, 3, 2, new float[2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => file.Tensors["w"].ReadRow(3, new float[4]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Data_AfterDispose_Throws()
    {
        var path = _directory.Write("a.safetensors", SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [1], 1)));
        var file = SafetensorsFile.Open(path);
        var tensor = file.Tensors["w"];
        file.Dispose();

        Assert.That(() => tensor.ReadAll(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [TestCase("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "truncated")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "after the last tensor")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "holes")]
    [TestCase("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlap")]
    [TestCase("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "needs 12")]
    [TestCase("""{"w":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}""", 8, "63 bits")]
    [TestCase("""{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", 8, "from 0 up")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}""", 8, "data_offsets")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4]}}""", 8, "data_offsets")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1]}}""", 8, "data_offsets")]
    [TestCase("""{"w":{"dtype":"Q4","shape":[8],"data_offsets":[0,8]}}""", 8, "unknown dtype Q4")]
    [TestCase("""{"w":{"dtype":7,"shape":[8],"data_offsets":[0,8]}}""", 8, "dtype")]
    [TestCase("""{"w":7}""", 0, "must be an object")]
    [TestCase("""{"__metadata__":{"a":1}}""", 0, "text")]
    [TestCase("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "w")]
    [TestCase("[]", 0, "object")]
    [TestCase("{", 0, "not valid JSON")]
    [TestCase("", 0, "not valid JSON")]
    public void Open_HostileHeader_NamesTheFileAndTheFault(string header, int dataBytes, string expected)
    {
        var path = _directory.Write("bad.safetensors", SafetensorsWriter.Raw(header, new byte[dataBytes]));

        var error = Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(path).Dispose());

        Assert.That(error.Message, Does.StartWith(path).And.Contains(expected).And.Not.Contains("\n"));
    }

    [TestCase(new byte[0], "truncated")]
    [TestCase(new byte[0], "truncated")]
    [TestCase(new byte[] { 1, 2, 3 }, "truncated")]
    [TestCase(new byte[] { 255, 0, 0, 0, 0, 0, 0, 0, 1 }, "truncated")]
    [TestCase(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "claims a header")]
    public void Open_BadLength_NamesTheFault(byte[] bytes, string expected)
    {
        var path = _directory.Write("bad.safetensors", bytes);

        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));
    }

    [Test]
    public void Open_DeepHeader_IsRefused()
    {
        var path = _directory.Write("bad.safetensors", SafetensorsWriter.Raw(new string('[', 10_000), []));

        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Open_EveryTruncation_IsRefused()
    {
        var whole = SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [2, 2], 1, 2, 3, 4));
        for (var length = 0; length < whole.Length; length++)
        {
            var path = _directory.Write("cut.safetensors", whole[..length]);
            Assert.That(() => SafetensorsFile.Open(path).Dispose(), Throws.TypeOf<ModelFormatException>(), $"{length} bytes");
        }
    }

    // Any damage is either refused in the one way callers expect, or leaves tensors that can be read to their last byte.
    [Test]
    public void Open_AnyByteChanged_IsRefusedOrReadable()
    {
        var whole = SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [2, 2], 1, 2, 3, 4), ("b", "BF16", [2], new byte[4]));
        var random = new Random(3);
        var refused = 0;
        for (var round = 0; round < 2000; round++)
        {
            var bytes = whole.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var path = _directory.Write("damaged.safetensors", bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var tensor in file.Tensors.Values) Assert.That(tensor.Bytes.ToArray(), Has.Length.EqualTo(tensor.ByteLength));
            }
            catch (ModelFormatException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.InRange(1, 1999));
    }

    [Test]
    public void Open_MissingFile_SaysSo() =>
        Assert.That(() => SafetensorsFile.Open(Path.Combine(_directory.Path, "none")), Throws.TypeOf<ModelFormatException>().With.Message.Contains("does not exist"));
}
