using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>The program's end, asked for while it answers.</summary>
[TestFixture]
public sealed class ShutdownTests
{
    private const string Path = "/v1/completions";
    private static readonly JObject Long = JObject.Parse("""{"prompt": "Once", "seed": 4, "temperature": 1, "ignore_eos": true, "max_tokens": 1500, "return_token_ids": true}""");

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task Signal_InMidStream_StreamIsUndisturbedAndNewRequestsAreRefused(string signal)
    {
        var undisturbed = await (await ServedByDefault.GetAsync()).Http.StreamJsonAsync(Path, Long);
        await using var server = await ServerProcess.StartAsync([("FURIOSA_SHUTDOWN__DRAIN_TIMEOUT", "3 min")], "-tp", "2");

        using var stream = await server.Http.OpenStreamAsync(Path, Long);
        var first = await stream.NextAsync();
        await server.SignalAsync(signal);
        var refused = await RefusedAsync(server);
        var disturbed = await stream.ReadToEndAsync(first!);
        var run = await server.EndAsync();

        Assert.That(refused, Is.EqualTo((503, "draining")));
        Assert.That(disturbed.ToString(), Is.EqualTo(undisturbed.ToString()));
        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.EndWith("Stopped."));
    }

    [Test]
    public async Task Signal_WithoutTimeToDrain_EndsStreamsInAnErrorFrame()
    {
        await using var server = await ServerProcess.StartAsync([("FURIOSA_SHUTDOWN__DRAIN_TIMEOUT", "1 ms")], "-tp", "2");

        using var stream = await server.Http.OpenStreamAsync(Path, new JObject(Long) { ["n"] = 4, ["max_tokens"] = 2000 });
        await stream.NextAsync();
        await server.SignalAsync("TERM");
        var frames = new List<string>();
        while (await stream.NextAsync() is { } frame) frames.Add(frame);
        var run = await server.EndAsync();

        Assert.That(frames[^1], Is.EqualTo("[DONE]"));
        Assert.That(JObject.Parse(frames[^2])["error"], Is.Not.Null, frames[^2]);
        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task Signal_Twice_EndsAtOnce()
    {
        await using var server = await ServerProcess.StartAsync("-tp", "2");
        using var stream = await server.Http.OpenStreamAsync(Path, new JObject(Long) { ["n"] = 8, ["max_tokens"] = 2000 });
        await stream.NextAsync();

        await server.SignalAsync("INT");
        await RefusedAsync(server);
        await server.SignalAsync("INT");

        Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(130));
    }

    // The signal takes its way beside the requests: asks until it has come.
    private static async Task<(int Status, string? Code)> RefusedAsync(ServerProcess server)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            var (status, answer) = await server.Http.PostJsonAsync(Path, JObject.Parse("""{"prompt": "a", "max_tokens": 1}"""));
            if (status != 200) return (status, (string?)answer["error"]!["code"]);
        }
    }
}
