using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Furiosa.Gateway.Chat;

/// <summary>A piece of an answer.</summary>
/// <param name="Text">What to show.</param>
/// <param name="IsReasoning">Whether it is thought rather than said.</param>
internal readonly record struct ChatPiece(string Text, bool IsReasoning);

/// <summary>A conversation with a server's chat endpoint; it keeps what was said.</summary>
internal sealed class ChatConversation(HttpClient http, string model, JsonObject parameters, string? system)
{
    private readonly List<(string Role, string Text)> _said = system is null ? [] : [("system", system)];
    private string? _asked; // last, whether it was answered or not
    private bool _isAnswered;

    /// <summary>What has been said, the newest last.</summary>
    public IReadOnlyList<(string Role, string Text)> Said => _said;

    /// <summary>Forgets all but the system's message.</summary>
    public void Clear()
    {
        _said.RemoveAll(message => message.Role != "system");
        (_asked, _isAnswered) = (null, false);
    }

    /// <summary>Forgets the last question and its answer, and returns the question, also if it failed; null if nothing was asked.</summary>
    public string? TakeBack()
    {
        if (_isAnswered) _said.RemoveRange(_said.Count - 2, 2);
        _isAnswered = false;
        return _asked;
    }

    /// <summary>Asks and yields the answer as it comes. What was answered before it was broken off counts; a question that fails does not.</summary>
    /// <exception cref="HttpRequestException">The server refused it; the message is the server's.</exception>
    public async IAsyncEnumerable<ChatPiece> AskAsync(string question, [EnumeratorCancellation] CancellationToken cancellation)
    {
        (_asked, _isAnswered) = (question, false);
        var answer = new StringBuilder();
        try
        {
            await foreach (var piece in ReadAsync(question, cancellation))
            {
                if (!piece.IsReasoning) answer.Append(piece.Text);
                yield return piece;
            }
            _isAnswered = true;
        }
        finally
        {
            _isAnswered |= cancellation.IsCancellationRequested && answer.Length > 0;
            if (_isAnswered) _said.AddRange([("user", question), ("assistant", answer.ToString())]);
        }
    }

    private async IAsyncEnumerable<ChatPiece> ReadAsync(string question, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Body(question), Encoding.UTF8, "application/json") };
        using var response = await SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode) throw new HttpRequestException(Message(await response.Content.ReadAsStringAsync(cancellation)) ?? $"HTTP {(int)response.StatusCode}");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation), Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
            var data = line[5..].Trim();
            if (data == "[DONE]") break;
            if (Message(data) is { } error) throw new HttpRequestException(error);
            using var json = JsonDocument.Parse(data);
            if (!json.RootElement.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0) continue;
            var delta = choices[0].GetProperty("delta");
            if (Text(delta, "reasoning") is { } thought) yield return new ChatPiece(thought, IsReasoning: true);
            if (Text(delta, "content") is { } text) yield return new ChatPiece(text, IsReasoning: false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException fault) when (fault.StatusCode is null)
        {
            throw new HttpRequestException($"No server answers at {http.BaseAddress} ({fault.Message}): start one with 'furiosa-llm serve', name another with --url, or have one of its own with --start.", fault);
        }
    }

    private string Body(string question)
    {
        var body = (JsonObject)parameters.DeepClone();
        body["model"] = model;
        body["stream"] = true;
        body["messages"] = new JsonArray([.. _said.Append((Role: "user", Text: question)).Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Text })]);
        return body.ToJsonString();
    }

    private static string? Text(JsonElement delta, string name) =>
        delta.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static string? Message(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var message) ? message.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
