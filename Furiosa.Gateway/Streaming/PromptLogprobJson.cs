using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>
/// Writes <c>prompt_logprobs</c>: a list with an entry for each token of the prompt, null for the first. An entry maps token ids, the
/// prompt's own and the likeliest, to <c>{"logprob","rank","decoded_token"}</c>.
/// </summary>
internal static class PromptLogprobJson
{
    /// <summary>The list; null where nobody asked.</summary>
    public static void Write(Utf8JsonWriter json, GenerationJob job, PromptScored? scored)
    {
        json.WritePropertyName("prompt_logprobs"u8);
        if (job.Settings.PromptLogprobs is not { } count || scored is null)
        {
            json.WriteNullValue();
            return;
        }
        json.WriteStartArray();
        json.WriteNullValue();
        foreach (var token in scored.Tokens)
        {
            json.WriteStartObject();
            Write(json, job, token.Id, token.Logprob, token.Rank);
            var top = token.Top.IsDefault ? ImmutableArray<TokenAlternative>.Empty : token.Top;
            for (var i = 0; i < Math.Min(count, top.Length); i++)
                if (top[i].Id != token.Id) Write(json, job, top[i].Id, top[i].Logprob, i + 1);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, GenerationJob job, int id, float logprob, int rank)
    {
        json.WriteStartObject(id.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("logprob"u8, LogprobJson.Clamp(logprob));
        json.WriteNumber("rank"u8, rank);
        json.WriteString("decoded_token"u8, job.Model.Tokenizer.TokenText(id));
        json.WriteEndObject();
    }
}
