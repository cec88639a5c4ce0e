using System.Buffers.Binary;
using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Gguf;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>Files that lie: each is refused with a line that says what is wrong, before memory is taken for it.</summary>
[TestFixture]
internal sealed class GgufFileTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void ReadMetadata_OfEveryKind_GivesIt()
    {
        var path = _directory.Write("a.gguf", new GgufWriter().Set("i", -3).Set("l", 1L << 40).Set("f", 0.5f).Set("b", true).Set("s", "text")
            .Set("texts", new[] { "a", "" }).Set("ints", new[] { 1, -2 }).Set("floats", new[] { 0.25f }).Set("flags", new[] { true, false }).Write());

        var metadata = GgufFile.ReadMetadata(path);

        Assert.That(metadata.Integer("l"), Is.EqualTo(1L << 40));
        Assert.That(metadata.Number("f"), Is.EqualTo(0.5));
        Assert.That(metadata.Flag("b"), Is.True);
        Assert.That(metadata.Text("s"), Is.EqualTo("text"));
        Assert.That(metadata.Texts("texts"), Is.EqualTo(new[] { "a", "" }));
        Assert.That(metadata.Integers("ints"), Is.EqualTo(new long[] { 1, 4294967294 }).Or.EqualTo(new long[] { 1, -2 }));
        Assert.That(metadata.Numbers("floats"), Is.EqualTo(new[] { 0.25 }));
        Assert.That(metadata.Flags("flags"), Is.EqualTo(new[] { true, false }));
        Assert.That(metadata.Text("absent"), Is.Null);
        Assert.That(() => metadata.Integer("s"), Throws.TypeOf<ModelFormatException>().With.Message.Contains("'s'").And.Message.Contains("whole number"));
    }

    [Test]
    public void Open_OfAnotherKind_SaysSo() => AssertRefused("GGML"u8.ToArray().Concat(new byte[40]).ToArray(), "GGUF");

    [Test]
    public void Open_OfAnEmptyFile_SaysSo() => AssertRefused([], "GGUF");

    [Test]
    public void Open_OfAnotherVersion_NamesIt() => AssertRefused(new GgufWriter { Version = 1 }.Write(), "version 1");

    [Test]
    public void Open_OfBigEndian_SaysSo() => AssertRefused(new GgufWriter { Version = 0x03000000 }.Write(), "big-endian");

    [Test]
    public void Open_OfMoreTensorsThanTheFileHolds_IsRefusedAtOnce() => AssertRefused(With(Tensor(), 8, ulong.MaxValue / 2), "tensors");

    [Test]
    public void Open_OfMoreValuesThanTheFileHolds_IsRefusedAtOnce() => AssertRefused(With(Tensor(), 16, 1UL << 40), "values");

    [Test]
    public void Open_OfATextLongerThanTheFile_NamesTheKey()
    {
        var bytes = new GgufWriter().Set("key", "value").Write();
        AssertRefused(With(bytes, 24 + 8 + 3 + 4, 1UL << 60), "'key'", "truncated");
    }

    [Test]
    public void Open_OfAListLongerThanTheFile_NamesTheKey()
    {
        var bytes = new GgufWriter().Set("key", new[] { 1, 2 }).Write();
        AssertRefused(With(bytes, 24 + 8 + 3 + 4 + 4, 1UL << 60), "'key'", "truncated");
    }

    [Test]
    public void Open_OfAListOfLists_IsRefused()
    {
        var bytes = new GgufWriter().Set("key", new[] { 1, 2 }).Write();
        bytes[24 + 8 + 3 + 4] = 9;
        AssertRefused(bytes, "list of lists");
    }

    [Test]
    public void Open_OfATensorBeyondTheEnd_SaysTruncated() => AssertRefused(Tensor()[..^32], "'t'", "truncated");

    [Test]
    public void Open_OfOverlappingTensors_NamesBoth()
    {
        var bytes = new GgufWriter().Add("one", [16], 0, new byte[64]).Add("two", [16], 0, new byte[64]).Write();
        var second = bytes.AsSpan().IndexOf("two"u8) + 3 + 4 + 8 + 4;
        AssertRefused(With(bytes, second, 32UL), "one", "two", "overlap");
    }

    [Test]
    public void Open_OfAMisalignedTensor_SaysWhere() => AssertRefused(With(Tensor(), OffsetOfTensor, 8UL), "multiples of 32");

    [Test]
    public void Open_OfSizesThatOverflow_NamesTheTensor()
    {
        var bytes = new GgufWriter().Add("t", [4, 4], 0, new byte[64]).Write();
        var sizes = bytes.AsSpan().IndexOf((byte)'t') + 1 + 4;
        AssertRefused(With(With(bytes, sizes, 1UL << 40), sizes + 8, 1UL << 40), "'t'", "63 bits");
    }

    [Test]
    public void Open_OfATypeThatIsNotRead_NamesIt() => AssertRefused(new GgufWriter().Add("t", [256], 16, new byte[66]).Write(), "IQ2_XXS");

    [Test]
    public void Open_OfRowsThatAreNoWholeBlocks_NamesTheTensor() => AssertRefused(new GgufWriter().Add("t", [33], 2, new byte[36]).Write(), "multiples of 32");

    [Test]
    public void OpenModel_OfAnUnknownArchitecture_ListsTheKnown() =>
        Assert.That(
            () => ModelDirectory.Open(_directory.Write("a.gguf", new GgufWriter().Set("general.architecture", "mamba").Write())),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("mamba").And.Message.Contains("qwen3").And.Message.Not.Contains("granitehybrid, granitehybrid"));

    [Test]
    public void OpenModel_WithoutASize_NamesTheKey() =>
        Assert.That(
            () => ModelDirectory.Open(_directory.Write("a.gguf", new GgufWriter().Set("general.architecture", "llama").Write())),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("llama.block_count"));

    [TestCase("rope.freq_base", float.NaN)]
    [TestCase("rope.freq_base", 1e300)]
    [TestCase("attention.layer_norm_rms_epsilon", float.PositiveInfinity)]
    [TestCase("attention.key_length", 0)]
    public void OpenModel_OfANumberThatIsNone_NamesTheKey(string key, object value) =>
        Assert.That(() => OpenModel(Sizes().Set("llama." + key, value)), Throws.TypeOf<ModelFormatException>().With.Message.Contains("a.gguf").And.Message.Contains(key));

    [TestCase("lfm2", "attention.sliding_window", 8)]
    [TestCase("lfm2", "attention.causal", false)]
    [TestCase("lfm2", "attention.head_count_kv", new[] { 0, 2, 1 })]
    [TestCase("lfm2", "attention.head_count_kv", "two")]
    [TestCase("lfm2moe", "expert_gating_func", 1)]
    public void OpenModel_OfConvolutionsAmongWhatIsNotRead_NamesTheKey(string architecture, string key, object value) => Assert.That(
        () => OpenModel(Sizes(architecture).Set($"{architecture}.{key}", value)), Throws.TypeOf<ModelFormatException>().With.Message.Contains("a.gguf").And.Message.Contains(key));

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void OpenModel_OfARotationThatIsNone_NamesTheTensor(float factor)
    {
        var writer = Sizes().Add("rope_freqs.weight", [2], 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1, factor]).ToArray());

        Assert.That(() => OpenModel(writer), Throws.TypeOf<ModelFormatException>().With.Message.Contains("a.gguf").And.Message.Contains("rope_freqs.weight"));
    }

    [TestCase("llama", "attn_q")]
    [TestCase("llama", "attn_k")]
    [TestCase("falcon", "attn_qkv")]
    public void OpenTensors_OfHeadsThatAreASingleNumber_NamesTheTensor(string architecture, string part)
    {
        var path = _directory.Write("a.gguf", new GgufWriter().Set("general.architecture", architecture).Add($"blk.0.{part}.weight", [], 0, new byte[4]).Write());

        Assert.That(() => TensorStore.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains(part).And.Message.Contains("rows"));
    }

    [Test]
    public void OpenTensors_OfMoreHeadsThanCanBeCounted_NamesTheTensor()
    {
        var path = _directory.Write("a.gguf", new GgufWriter().Set("general.architecture", "falcon").Set("falcon.attention.head_count", 6148914691236517206L)
            .Add("blk.0.attn_qkv.weight", [2, 4], 0, new byte[32]).Write());

        Assert.That(() => TensorStore.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("attn_qkv").And.Message.Contains("heads"));
    }

    private const int OffsetOfTensor = 24 + 8 + 1 + 4 + 8 + 4;

    private static GgufWriter Sizes(string architecture = "llama") => new GgufWriter().Set("general.architecture", architecture).Set($"{architecture}.block_count", 1)
        .Set($"{architecture}.embedding_length", 32).Set($"{architecture}.attention.head_count", 2).Set($"{architecture}.feed_forward_length", 32).Add("token_embd.weight", [16, 32], 0, new byte[16 * 32 * 4]);

    private ModelDirectory OpenModel(GgufWriter writer) => ModelDirectory.Open(_directory.Write("a.gguf", writer.Write()));

    private static byte[] Tensor() => new GgufWriter().Add("t", [16], 0, new byte[64]).Write();

    private static byte[] With(byte[] bytes, int at, ulong value)
    {
        var changed = (byte[])bytes.Clone();
        BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(at), value);
        return changed;
    }

    private void AssertRefused(byte[] bytes, params string[] parts)
    {
        var path = _directory.Write("a.gguf", bytes);
        var error = Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose());
        foreach (var part in parts.Append("a.gguf")) Assert.That(error.Message, Does.Contain(part));
    }
}
