using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Cluster;

internal sealed class ModelFingerprintTests
{
    private static readonly RuntimeOptions Options = new() { ModelDirectory = TestPaths.DemoModel };

    [Test]
    public void Of_FastProducts_DiffersAndSaysSo()
    {
        var fast = ModelFingerprint.Of(Options with { Bf16Products = "fast" }, 2048);

        Assert.That(fast, Does.Contain("BF16 products fast").And.Not.EqualTo(ModelFingerprint.Of(Options, 2048)));
        Assert.That(fast.Split(' ')[1], Is.Not.EqualTo(ModelFingerprint.Of(Options, 2048).Split(' ')[1]), "the digest");
    }

    [Test]
    public void Of_KvCachesOfDifferentTypes_DiffersAndNamesThem()
    {
        string[] prints = [.. new[] { "float32", "bfloat16", "int8" }.Select(dtype => ModelFingerprint.Of(Options with { KvCacheDtype = dtype }, 2048))];

        Assert.That(prints, Is.Unique);
        Assert.That(prints[2], Does.Contain("KV cache int8"));
        Assert.That(ModelFingerprint.Of(Options, 2048), Is.EqualTo(prints[0]), "auto is float32");
    }
}
