using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>An answer that comes as server-sent events.</summary>
internal sealed class EventStream(HttpResponseMessage response) : IDisposable
{
    private const string Data = "data: ";
    private const string KeepAlive = ": keep-alive";
    private StreamReader? _reader;

    public int Status => (int)response.StatusCode;

    /// <summary>The next frame's data; null at the end of the answer.</summary>
    public async Task<string?> NextAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await _reader.ReadLineAsync() is { } line)
        {
            Assert.That(line, Does.StartWith(Data).Or.EqualTo(KeepAlive));
            Assert.That(await _reader.ReadLineAsync(), Is.Empty, "every frame ends in an empty line");
            if (line != KeepAlive) return line[Data.Length..];
        }
        return null;
    }

    /// <summary>All frames that are left, put together.</summary>
    public async Task<StreamedText> ReadToEndAsync(params string[] readBefore)
    {
        List<string> frames = [.. readBefore];
        while (await NextAsync() is { } frame) frames.Add(frame);
        Assert.That(frames, Is.Not.Empty);
        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        return StreamedText.Join(frames.SkipLast(1).Select(JObject.Parse));
    }

    public void Dispose()
    {
        _reader?.Dispose();
        response.Dispose();
    }
}
