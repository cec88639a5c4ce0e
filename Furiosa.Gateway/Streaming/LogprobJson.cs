using System.Text.Json;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Streaming;

/// <summary>Writes log-probabilities in the shapes of chat and of completions.</summary>
internal sealed class LogprobJson(ITextTokenizer tokenizer, GenerationSettings settings)
{
    // JSON has no infinity: what a mask has ruled out is this, as in other servers of the kind.
    private const float Floor = -9999;

    /// <summary><c>{"content":[...],"refusal":null}</c>, or null where none were asked for or none are ready.</summary>
    public void WriteChat(Utf8JsonWriter json, IReadOnlyList<TokenEntry> tokens, bool nullWhenEmpty)
    {
        if (settings.TopLogprobs is null || (nullWhenEmpty && tokens.Count == 0))
        {
            json.WriteNull("logprobs"u8);
            return;
        }
        json.WriteStartObject("logprobs"u8);
        json.WritePropertyName("content"u8);
        WriteTokens(json, tokens, withBytes: true);
        json.WriteNull("refusal"u8);
        json.WriteEndObject();
    }

    /// <summary>A list of tokens, each with its alternatives; responses leave out the bytes in some places.</summary>
    public void WriteTokens(Utf8JsonWriter json, IReadOnlyList<TokenEntry> tokens, bool withBytes)
    {
        json.WriteStartArray();
        foreach (var token in tokens)
        {
            json.WriteStartObject();
            WriteChatToken(json, token.Id, token.Logprob, withBytes);
            json.WriteStartArray("top_logprobs"u8);
            for (var i = 0; i < Math.Min(settings.TopLogprobs ?? 0, Count(token)); i++)
            {
                json.WriteStartObject();
                WriteChatToken(json, token.Top[i].Id, token.Top[i].Logprob, withBytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary><c>{"text_offset","token_logprobs","tokens","top_logprobs"}</c>, or null where none were asked for.</summary>
    public void WriteCompletion(Utf8JsonWriter json, IReadOnlyList<TokenEntry> tokens)
    {
        if (settings.TopLogprobs is not { } top)
        {
            json.WriteNull("logprobs"u8);
            return;
        }
        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("text_offset"u8);
        foreach (var token in tokens) json.WriteNumberValue(token.Offset);
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs"u8);
        foreach (var token in tokens)
        {
            if (float.IsNaN(token.Logprob)) json.WriteNullValue();
            else json.WriteNumberValue(Clamp(token.Logprob));
        }
        json.WriteEndArray();
        json.WriteStartArray("tokens"u8);
        foreach (var token in tokens) json.WriteStringValue(Show(token.Id));
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs"u8);
        foreach (var token in tokens) WriteAlternatives(json, token, top);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // A map by text, which the token itself always has under its own. Another token of the same text, as two beginnings of a character
    // are, stands under its bytes.
    private void WriteAlternatives(Utf8JsonWriter json, TokenEntry token, int top)
    {
        if (float.IsNaN(token.Logprob))
        {
            json.WriteNullValue();
            return;
        }
        var own = Show(token.Id);
        var seen = new HashSet<string>(StringComparer.Ordinal) { own };
        var isWritten = false;
        json.WriteStartObject();
        for (var i = 0; i < Math.Min(top, Count(token)); i++)
        {
            var (id, logprob) = (token.Top[i].Id, token.Top[i].Logprob);
            var isOwn = id == token.Id;
            isWritten |= isOwn;
            var text = isOwn ? own : Show(id);
            if (isOwn || seen.Add(text) || seen.Add(text = ShowBytes(id))) json.WriteNumber(text, Clamp(logprob));
        }
        if (!isWritten) json.WriteNumber(own, Clamp(token.Logprob));
        json.WriteEndObject();
    }

    private void WriteChatToken(Utf8JsonWriter json, int id, float logprob, bool withBytes = true)
    {
        json.WriteString("token"u8, Show(id));
        json.WriteNumber("logprob"u8, Clamp(logprob));
        if (!withBytes) return;
        json.WriteStartArray("bytes"u8);
        foreach (var part in tokenizer.TokenBytes(id).Span) json.WriteNumberValue(part);
        json.WriteEndArray();
    }

    private string Show(int id) => settings.TokensAsIds ? $"token_id:{id}" : tokenizer.TokenText(id);

    private string ShowBytes(int id) =>
        string.Concat(tokenizer.TokenBytes(id).ToArray().Select(part => $"\\x{part:x2}").Prepend("bytes:"));

    private static int Count(TokenEntry token) => token.Top.IsDefault ? 0 : token.Top.Length;

    /// <summary>A log-probability as JSON can have it.</summary>
    public static float Clamp(float logprob) => logprob >= Floor ? logprob : Floor;
}
