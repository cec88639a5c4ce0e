using System.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Support;

/// <summary>A stream that may be taken up again: its frames and the last id.</summary>
/// <param name="Frames">The data of its frames.</param>
/// <param name="LastId">The last <c>id:</c> line.</param>
/// <param name="IsWhole">Whether it came to its end.</param>
/// <param name="Error">What was answered instead.</param>
internal sealed record ResumableStream(IReadOnlyList<string> Frames, string? LastId, bool IsWhole, string Error)
{
    /// <summary>Reads a stream, or what comes of it before its server dies.</summary>
    public static async Task<ResumableStream> ReadAsync(HttpClient http, string path, JObject body, string? lastId, Action<int>? onFrame = null, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(new JObject(body) { ["stream"] = true }.ToString(), Encoding.UTF8, "application/json"),
        };
        if (lastId is null) request.Headers.Add("X-Furiosa-Resumable", "true");
        else request.Headers.Add("Last-Event-ID", lastId);
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        var frames = new List<string>();
        string? id = lastId;
        string? pending = null;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (!response.IsSuccessStatusCode) return new ResumableStream([], null, false, await response.Content.ReadAsStringAsync());
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal)) pending = line[4..];
                if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
                if (line == "data: [DONE]") return new ResumableStream(frames, id, true, "");
                // A frame counts with the empty line behind it.
                if (await reader.ReadLineAsync() is not "") break;
                frames.Add(line[6..]);
                id = pending;
                onFrame?.Invoke(frames.Count);
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new ResumableStream(frames, id, false, error.Message);
        }
        return new ResumableStream(frames, id, false, "the stream broke off");
    }

    /// <summary>All frames of a stream, in whatever parts it came, without what differs by nature.</summary>
    public static string Text(params ResumableStream[] parts)
    {
        var chunks = parts.SelectMany(part => part.Frames).Select(JObject.Parse).ToList();
        return $"{StreamedText.Join(chunks)} in frames: {string.Join(' ', chunks.SelectMany(chunk => chunk["choices"]!).OrderBy(choice => (int)choice["index"]!).Select(choice => choice["text"]))}";
    }
}
