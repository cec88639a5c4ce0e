using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>A client behind a load balancer: whenever a gateway refuses it or breaks off, it goes to another one with the last id that it has.</summary>
/// <param name="gateways">The gateways there are now; those that are gone may still be among them.</param>
internal sealed partial class ResumingClient(Func<IReadOnlyList<HttpClient>> gateways)
{
    private int _turn;
    private int _resumed;

    /// <summary>How often a stream was taken up at another gateway.</summary>
    public int Resumed => _resumed;

    /// <summary>Gets a whole stream, in however many parts: every frame of it, by choice, without what differs by nature.</summary>
    public async Task<string> RunAsync((string Name, string Path, JObject Body) request)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        var frames = new List<string>();
        string? id = null;
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            var all = gateways();
            try
            {
                var part = await ResumableStream.ReadAsync(all[Interlocked.Increment(ref _turn) % all.Count], request.Path, request.Body, id);
                frames.AddRange(part.Frames);
                id = part.LastId ?? id;
                if (part.IsWhole) return $"{request.Name}: {Show(frames)}";
                if (part.Frames.Count > 0) Interlocked.Increment(ref _resumed);
                // A refusal that another gateway would repeat.
                else if (part.Error.StartsWith('{') && (string?)JObject.Parse(part.Error)["error"]?["code"] is not ("unavailable" or "draining" or "loading" or "overloaded")) return $"{request.Name}: {part.Error}";
            }
            catch (ObjectDisposedException)
            {
                // That gateway's client was given up with it.
            }
            await Task.Delay(50, patience.Token);
        }
    }

    // Each answer names its tool calls anew.
    private static string Show(List<string> frames) => CallId().Replace(
        string.Join('\n', frames.Select(JObject.Parse).SelectMany(frame => frame["choices"] ?? new JArray(frame)).OrderBy(choice => (int?)choice["index"]).Select(choice => choice.ToString(Newtonsoft.Json.Formatting.None))),
        "call");

    [GeneratedRegex("chatcmpl-tool-[0-9a-f]+")]
    private static partial Regex CallId();
}
