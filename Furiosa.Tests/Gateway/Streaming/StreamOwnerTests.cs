using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Streaming;

/// <summary>A stream is taken up by the key that began it and by no other, which learns nothing of it.</summary>
[TestFixture]
public sealed class StreamOwnerTests
{
    private const string Path = "/v1/completions";

    private static readonly JObject Body = JObject.Parse("""{"prompt": "Once upon a time", "max_tokens": 12, "temperature": 1, "ignore_eos": true}""");

    [Test]
    public async Task TakeUp_ByAnotherKey_IsAnsweredAsAnUnknownId()
    {
        await using var server = await TestServer.StartAsync("furiosa.http.api-keys = [one, two]");
        var whole = await ResumableStream.ReadAsync(server.Http, Path, Body, lastId: null, key: "one");
        var middle = MiddleOf(whole);

        var other = await ResumableStream.ReadAsync(server.Http, Path, Body, middle, key: "two");
        var elsewhere = await ResumableStream.ReadAsync(server.Http, "/v1/chat/completions", Body, middle, key: "two");
        var miscounted = await ResumableStream.ReadAsync(server.Http, Path, Body, middle + ";1:1.1", key: "two");
        var unknown = await ResumableStream.ReadAsync(server.Http, Path, Body, $"{new string('0', 32)};0:6.1", key: "two");
        var own = await ResumableStream.ReadAsync(server.Http, Path, Body, middle, key: "one");

        Assert.That(unknown.Error, Does.Contain("stream_not_found"));
        Assert.That(new[] { other.Error, elsewhere.Error, miscounted.Error }, Has.All.EqualTo(unknown.Error));
        Assert.That(own.IsWhole, Is.True, own.Error);
        Assert.That(own.Frames, Is.EqualTo(whole.Frames.Skip(6)));
    }

    [Test]
    public async Task TakeUp_WithoutKeys_IsForEverybody()
    {
        await using var server = await TestServer.StartAsync();
        var whole = await ResumableStream.ReadAsync(server.Http, Path, Body, lastId: null);

        var rest = await ResumableStream.ReadAsync(server.Http, Path, Body, MiddleOf(whole), key: "any");

        Assert.That(rest.IsWhole, Is.True, rest.Error);
        Assert.That(rest.Frames, Is.EqualTo(whole.Frames.Skip(6)));
    }

    /// <summary>Its record is written while its body is read, so what cannot be kept does not wait first.</summary>
    [Test]
    public async Task Begin_TooLargeForARecord_IsRefusedBeforeItIsAdmitted()
    {
        await using var server = await TestServer.StartAsync("furiosa.limits.concurrent-requests = 1");
        using var running = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new StringContent("""{"prompt": "Once", "max_tokens": 1500, "ignore_eos": true, "stream": true}""", System.Text.Encoding.UTF8, "application/json"),
        };
        using var first = await server.Http.SendAsync(running, HttpCompletionOption.ResponseHeadersRead);

        var large = await ResumableStream.ReadAsync(server.Http, Path, new JObject(Body) { ["user"] = new string('x', 9 * 1024 * 1024) }, lastId: null);

        Assert.That(first.IsSuccessStatusCode, Is.True);
        Assert.That(large.Error, Does.Contain("X-Furiosa-Resumable"));
    }

    // The id of the sixth frame: each token has one.
    private static string MiddleOf(ResumableStream whole)
    {
        Assert.That(whole.IsWhole, Is.True, whole.Error);
        Assert.That(whole.Frames, Has.Count.GreaterThan(6));
        return $"{whole.LastId!.Split(';')[0]};0:6.1";
    }
}
