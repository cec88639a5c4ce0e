using System.Text;
using System.Text.Json;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>The events of a response that another gateway keeps, asked of it again and again.</summary>
internal sealed class RelayedEvents(ResponseForwarding forwarding, string id, string? owner)
{
    /// <summary>The frames from a number on, as soon as there is one; none at the end.</summary>
    /// <exception cref="ApiException">The other gateway has gone, or the response with it.</exception>
    public async ValueTask<IReadOnlyList<byte[]>> ReadAsync(int first, CancellationToken gone)
    {
        while (true)
        {
            var answer = JsonDocument.Parse(await forwarding.AskAsync(new ResponseQuestion(ResponseVerb.Events, id, owner) { First = first })).RootElement;
            gone.ThrowIfCancellationRequested();
            var frames = answer.GetProperty("frames").EnumerateArray().Select(frame => Encoding.UTF8.GetBytes(frame.GetString()!)).ToList();
            if (frames.Count > 0 || answer.GetProperty("over").GetBoolean()) return frames;
        }
    }
}
