using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

public sealed class TensorStoreTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TemporaryDirectory();
        _directory.Write("one.safetensors", SafetensorsWriter.Write(SafetensorsWriter.Floats("a", [1], 1), SafetensorsWriter.Floats("stray", [1], 9)));
        _directory.Write("two.safetensors", SafetensorsWriter.Write(SafetensorsWriter.Floats("b", [1, 2], 2, 3)));
    }

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Open_Shards_FindsTensorsAndReportsEachShard()
    {
        WriteIndex("""{"a":"one.safetensors","b":"two.safetensors"}""");
        var progress = new List<ShardProgress>();

        using var store = TensorStore.Open(_directory.Path, progress.Add);

        Assert.That(store.Get("b", 1, 2).ReadAll(), Is.EqualTo(new[] { 2f, 3 }));
        Assert.That(store.Names, Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(progress, Is.EqualTo(new[] { new ShardProgress("one.safetensors", 1, 2, 8), new ShardProgress("two.safetensors", 2, 2, 8) }));
    }

    [Test]
    public void Open_MissingShard_NamesIt()
    {
        WriteIndex("""{"a":"one.safetensors","b":"three.safetensors"}""");

        AssertRefused("three.safetensors: does not exist");
    }

    [Test]
    public void Open_TruncatedShard_NamesIt()
    {
        WriteIndex("""{"a":"one.safetensors","b":"two.safetensors"}""");
        var whole = File.ReadAllBytes(Path.Combine(_directory.Path, "two.safetensors"));
        _directory.Write("two.safetensors", whole[..^1]);

        AssertRefused("two.safetensors", "truncated");
    }

    [Test]
    public void Open_TensorNotInItsShard_NamesBoth()
    {
        WriteIndex("""{"a":"one.safetensors","c":"two.safetensors"}""");

        AssertRefused("two.safetensors: tensor 'c': is missing");
    }

    [TestCase("../one.safetensors")]
    [TestCase("/etc/passwd")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("a\\\\b")]
    public void Open_ShardNameWithAPath_IsRefused(string shard)
    {
        WriteIndex($$"""{"a":"{{shard}}"}""");

        AssertRefused("same directory");
    }

    [TestCase("""{"weight_map":7}""")]
    [TestCase("{}")]
    [TestCase("""{"weight_map":{"a":7}}""")]
    [TestCase("""{"weight_map":{}}""")]
    public void Open_BadIndex_IsRefused(string index)
    {
        _directory.Write(TensorStore.IndexFile, index);

        AssertRefused(TensorStore.IndexFile, "weight_map");
    }

    [Test]
    public void Open_NoWeights_SaysWhatIsNeeded() => AssertRefused("model.safetensors");

    [Test]
    public void Get_AbsentOrOtherShapeOrType_NamesTheTensor()
    {
        _directory.Write(TensorStore.SingleFile, SafetensorsWriter.Write(SafetensorsWriter.Floats("w", [2, 1], 1, 2), ("i", "I32", [1], new byte[4])));
        using var store = TensorStore.Open(_directory.Path);

        Assert.That(() => store.Get("v", 1), Throws.TypeOf<ModelFormatException>().With.Message.Contains("tensor 'v': is missing"));
        Assert.That(() => store.Get("w", 1, 2), Throws.TypeOf<ModelFormatException>().With.Message.Contains("[2, 1]").And.Message.Contains("[1, 2]"));
        Assert.That(() => store.Get("i", 1), Throws.TypeOf<ModelFormatException>().With.Message.Contains("I32"));
        Assert.That(store.Find("v"), Is.Null);
    }

    [Test]
    public void Open_BundledModel_HoldsWhatItsIndexSays()
    {
        using var store = ModelDirectory.Open(TestPaths.DemoModel).OpenTensors();

        Assert.That(store.ByteLength, Is.EqualTo(34616064));
        Assert.That(store.Get("model.embed_tokens.weight", 8192, 384).Type, Is.EqualTo(TensorType.BF16));
    }

    private void WriteIndex(string map) => _directory.Write(TensorStore.IndexFile, $$"""{"weight_map":{{map}}}""");

    private void AssertRefused(params string[] parts)
    {
        var error = Assert.Throws<ModelFormatException>(() => TensorStore.Open(_directory.Path).Dispose());
        foreach (var part in parts) Assert.That(error.Message, Does.Contain(part));
    }
}
