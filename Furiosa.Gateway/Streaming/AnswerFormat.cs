using System.Text.Json;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools;

namespace Furiosa.Gateway.Streaming;

/// <summary>What a whole choice came to.</summary>
/// <param name="State">Its end.</param>
/// <param name="Text">Its text.</param>
/// <param name="Tokens">Its tokens with log-probabilities.</param>
/// <param name="TokenIds">Its ids, where they were asked for.</param>
/// <param name="Deltas">The parts of its message, where one was parsed.</param>
internal sealed record WholeChoice(
    ChoiceAssembler State, string Text, IReadOnlyList<TokenEntry> Tokens, IReadOnlyList<int> TokenIds, IReadOnlyList<MessageDelta> Deltas);

/// <summary>How one endpoint writes an answer, whole or in chunks.</summary>
internal abstract class AnswerFormat(GenerationJob job)
{
    protected GenerationJob Job => job;

    protected LogprobJson Logprobs { get; } = new(job.Model.Tokenizer, job.Settings);

    /// <summary>The <c>object</c> of a whole answer.</summary>
    protected abstract string WholeObject { get; }

    /// <summary>The <c>object</c> of a chunk.</summary>
    protected abstract string ChunkObject { get; }

    /// <summary>Writes the frames that come before any news.</summary>
    public abstract void WriteOpening(SseWriter sse, Answer answer);

    /// <summary>Writes the frames of one choice's news.</summary>
    public abstract void WriteNews(SseWriter sse, Answer answer, int index, ChoiceNews news);

    /// <summary>Writes the frame with the counts and no choices.</summary>
    public void WriteUsage(SseWriter sse, Answer answer)
    {
        sse.AboutUsage();
        var json = sse.BeginFrame();
        WriteHead(json, ChunkObject);
        json.WriteStartArray("choices"u8);
        json.WriteEndArray();
        json.WritePropertyName("usage"u8);
        answer.Usage.Write(json);
        json.WriteEndObject();
        sse.EndFrame();
    }

    /// <summary>Writes a whole answer.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="answer">The finished answer.</param>
    /// <param name="choices">The choices to return: their number over all prompts and what each came to.</param>
    public void WriteWhole(Utf8JsonWriter json, Answer answer, IReadOnlyList<WholeChoice> choices)
    {
        WriteHead(json, WholeObject);
        json.WriteStartArray("choices"u8);
        for (var i = 0; i < choices.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, i);
            WriteWholeChoice(json, answer, i / job.Settings.ChoiceCount, choices[i]);
            json.WriteString("finish_reason"u8, FinishReasonOf(choices[i].State));
            WriteStopReason(json, choices[i].State);
            if (job.Settings.ReturnTokenIds) WriteIds(json, "token_ids", choices[i].TokenIds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WritePropertyName("usage"u8);
        var reasoning = job.ParsesReasoning ? choices.Sum(choice => choice.State.ReasoningTokenCount) : (int?)null;
        (answer.Usage with { Completion = choices.Sum(choice => choice.State.TokenCount), Reasoning = reasoning }).Write(json);
        WriteWholeTail(json, answer);
        json.WriteEndObject();
    }

    /// <summary>Why a choice ended, in the endpoint's words.</summary>
    protected virtual string? FinishReasonOf(ChoiceAssembler choice) => choice.FinishReason;

    protected abstract void WriteWholeChoice(Utf8JsonWriter json, Answer answer, int prompt, WholeChoice choice);

    protected abstract void WriteWholeTail(Utf8JsonWriter json, Answer answer);

    protected void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, job.Id);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, job.Created);
        json.WriteString("model"u8, job.Model.Name);
        json.WriteString("system_fingerprint"u8, job.Model.Fingerprint);
    }

    protected static void WriteStopReason(Utf8JsonWriter json, ChoiceAssembler choice)
    {
        if (choice.StopTokenId is { } id) json.WriteNumber("stop_reason"u8, id);
        else json.WriteString("stop_reason"u8, choice.StopString);
    }

    protected static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}
