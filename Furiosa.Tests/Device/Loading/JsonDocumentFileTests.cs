using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

public sealed class JsonDocumentFileTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void ReadObject_ByteOrderMark_IsSkipped()
    {
        var path = _directory.Write("a.json", [0xEF, 0xBB, 0xBF, .. "{\"a\":1}"u8]);

        Assert.That(JsonDocumentFile.ReadObject(path).GetProperty("a").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void ReadObject_TooLarge_SaysBothSizes()
    {
        var path = _directory.Write("a.json", "{\"a\":\"0123456789\"}");

        Assert.That(() => JsonDocumentFile.ReadObject(path, 10), Throws.TypeOf<ModelFormatException>().With.Message.Contains("18 bytes").And.Message.Contains("at most 10"));
    }

    [TestCase("[1]")]
    [TestCase("{\"a\":")]
    [TestCase("")]
    [TestCase("null")]
    public void ReadObject_NotAnObject_NamesTheFile(string text)
    {
        var path = _directory.Write("a.json", text);

        Assert.That(() => JsonDocumentFile.ReadObject(path), Throws.TypeOf<ModelFormatException>().With.Message.StartsWith(path));
    }

    [Test]
    public void ReadObject_TenThousandDeep_IsRefused()
    {
        var path = _directory.Write("a.json", string.Concat(Enumerable.Repeat("{\"a\":", 10_000)));

        Assert.That(() => JsonDocumentFile.ReadObject(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("64 deep"));
    }

    [TestCase("""{"a\ud800":1}""")]
    [TestCase("""{"a":["\uDFFF"]}""")]
    public void ReadObject_HalfASurrogatePair_IsRefused(string text)
    {
        var path = _directory.Write("a.json", text);

        Assert.That(() => JsonDocumentFile.ReadObject(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("surrogate"));
    }

    [Test]
    public void ReadObject_WholeSurrogatePair_IsRead()
    {
        var path = _directory.Write("a.json", """{"a\ud83d\ude00":1}""");

        Assert.That(JsonDocumentFile.ReadObject(path).GetProperty("a\ud83d\ude00").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void ReadObject_InvalidUtf8_IsRefused()
    {
        var path = _directory.Write("a.json", [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']);

        Assert.That(() => JsonDocumentFile.ReadObject(path).GetProperty("a"), Throws.TypeOf<ModelFormatException>());
    }
}
