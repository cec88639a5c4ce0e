using Furiosa.Device.Execution;
using Furiosa.Device.Kv;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kv;

internal sealed class KvCacheDtypeTests
{
    private const int VectorsOfBlock = 8 * 4 * 2 * 16; // layers, KV heads, keys and values, positions; of 64 elements each

    [TestCase("auto", 64 * 4)]
    [TestCase("float32", 64 * 4)]
    [TestCase("bfloat16", 64 * 2)]
    [TestCase("int8", 64 + 4)]
    public void Parse_EachName_TakesItsBytes(string name, int bytesOfVector)
    {
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, KvCacheDtype = KvCacheDtypes.Parse(name) });

        Assert.That(host.KvBytesPerBlock, Is.EqualTo(VectorsOfBlock * bytesOfVector));
    }

    [Test]
    public void Parse_AnotherName_IsRefusedWithThoseThatAre() =>
        Assert.That(() => KvCacheDtypes.Parse("int4"), Throws.ArgumentException.With.Message.Contains("auto, float32, bfloat16 or int8"));
}
