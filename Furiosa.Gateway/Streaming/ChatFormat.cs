using System.Text.Json;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.Streaming;

/// <summary>Chat answers: for each index one chunk with the role, text deltas, and one chunk with the finish reason and an empty delta.</summary>
internal sealed class ChatFormat(GenerationJob job) : AnswerFormat(job)
{
    private readonly Dictionary<int, (List<TokenEntry> Tokens, List<int> Ids)> _unsent = [];

    protected override string WholeObject => "chat.completion";

    protected override string ChunkObject => "chat.completion.chunk";

    public override void WriteOpening(SseWriter sse, Answer answer)
    {
        for (var index = 0; index < answer.Choices.Count; index++)
        {
            var json = BeginChunk(sse, answer, index);
            json.WriteString("role"u8, Job.Model.ResponseRole);
            json.WriteString("content"u8, ""u8);
            json.WriteNull("refusal"u8);
            json.WriteEndObject();
            json.WriteNull("logprobs"u8);
            json.WriteNull("finish_reason"u8);
            EndChunk(sse, json, answer, [], withPrompt: index == 0);
        }
    }

    public override void WriteNews(SseWriter sse, Answer answer, int index, ChoiceNews news)
    {
        var (tokens, ids) = TakeUnsent(index, news);
        foreach (var delta in DeltasOf(news.Text, news.Deltas))
        {
            var json = BeginChunk(sse, answer, index);
            MessageJson.WriteDelta(json, delta, Job.Tools.Legacy);
            json.WriteEndObject();
            Logprobs.WriteChat(json, tokens, nullWhenEmpty: true);
            json.WriteNull("finish_reason"u8);
            EndChunk(sse, json, answer, ids);
            (tokens, ids) = ([], []);
        }
        if (news.Finished) WriteFinish(sse, answer, index, tokens, ids);
        else if (tokens.Count > 0 || ids.Count > 0) _unsent[index] = ([.. tokens], [.. ids]);
    }

    protected override void WriteWholeChoice(Utf8JsonWriter json, Answer answer, int prompt, WholeChoice choice)
    {
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, Job.Model.ResponseRole);
        MessageJson.WriteMessage(json, DeltasOf(choice.Text, choice.Deltas), Job.Tools.Legacy);
        json.WriteEndObject();
        Logprobs.WriteChat(json, choice.Tokens, nullWhenEmpty: false);
    }

    protected override void WriteWholeTail(Utf8JsonWriter json, Answer answer)
    {
        PromptLogprobJson.Write(json, Job, answer.ScoresOf(0));
        if (Job.Settings.ReturnTokenIds) WriteIds(json, "prompt_token_ids", Job.Prompts[0].Ids);
    }

    // A call that the client named itself ends like any answer; the others say that it is the client's turn.
    protected override string? FinishReasonOf(ChoiceAssembler choice) =>
        choice is { CallCount: > 0, FinishReason: "stop" } && Job.Tools.Choice.Kind != ToolChoiceKind.Named
            ? Job.Tools.Legacy ? "function_call" : "tool_calls"
            : choice.FinishReason;

    private IReadOnlyList<MessageDelta> DeltasOf(string text, IReadOnlyList<MessageDelta> parsed) =>
        Job.NewParser is not null ? parsed : text.Length == 0 ? [] : [new MessageDelta(MessagePart.Content, text)];

    // What a parser holds back keeps its log-probabilities and ids with it.
    private (IReadOnlyList<TokenEntry> Tokens, IReadOnlyList<int> Ids) TakeUnsent(int index, ChoiceNews news) =>
        _unsent.Remove(index, out var unsent) ? ([.. unsent.Tokens, .. news.Tokens], [.. unsent.Ids, .. news.TokenIds]) : (news.Tokens, news.TokenIds);

    private void WriteFinish(SseWriter sse, Answer answer, int index, IReadOnlyList<TokenEntry> tokens, IReadOnlyList<int> ids)
    {
        var json = BeginChunk(sse, answer, index);
        json.WriteEndObject();
        Logprobs.WriteChat(json, tokens, nullWhenEmpty: true);
        json.WriteString("finish_reason"u8, FinishReasonOf(answer.Choices[index]));
        WriteStopReason(json, answer.Choices[index]);
        EndChunk(sse, json, answer, ids);
    }

    private Utf8JsonWriter BeginChunk(SseWriter sse, Answer answer, int index)
    {
        sse.About(index, answer.Choices[index].TokenCount);
        var json = sse.BeginFrame();
        WriteHead(json, ChunkObject);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteStartObject("delta"u8);
        return json;
    }

    private void EndChunk(SseWriter sse, Utf8JsonWriter json, Answer answer, IReadOnlyList<int> ids, bool withPrompt = false)
    {
        if (Job.Settings.ReturnTokenIds) WriteIds(json, "token_ids", ids);
        json.WriteEndObject();
        json.WriteEndArray();
        if (Job.Settings.Stream.ContinuousUsage)
        {
            json.WritePropertyName("usage"u8);
            answer.Usage.Write(json);
        }
        if (withPrompt && Job.Settings.ReturnTokenIds) WriteIds(json, "prompt_token_ids", Job.Prompts[0].Ids);
        json.WriteEndObject();
        sse.EndFrame();
    }
}
