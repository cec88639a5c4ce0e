using System.Text.Json;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>Completions: one chunk for each piece of text; an echoed prompt and the finish reason ride with the first and last of them.</summary>
internal sealed class CompletionFormat(GenerationJob job) : AnswerFormat(job)
{
    private readonly bool[] _begun = new bool[job.Prompts.Count * job.Settings.SampleCount];

    protected override string WholeObject => "text_completion";

    protected override string ChunkObject => "text_completion";

    public override void WriteOpening(SseWriter sse, Answer answer)
    {
    }

    public override void WriteNews(SseWriter sse, Answer answer, int index, ChoiceNews news)
    {
        var prompt = index / answer.PerPrompt;
        var isFirst = !_begun[index];
        _begun[index] = true;
        var (text, tokens) = isFirst ? WithEcho(answer, prompt, news.Text, news.Tokens) : (news.Text, news.Tokens);

        sse.About(index, answer.Choices[index].TokenCount);
        var json = sse.BeginFrame();
        WriteHead(json, ChunkObject);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteString("text"u8, text);
        Logprobs.WriteCompletion(json, tokens);
        json.WriteString("finish_reason"u8, news.Finished ? answer.Choices[index].FinishReason : null);
        if (news.Finished) WriteStopReason(json, answer.Choices[index]);
        else json.WriteNull("stop_reason"u8);
        if (Job.Settings.ReturnTokenIds)
        {
            if (isFirst) WriteIds(json, "prompt_token_ids", Job.Prompts[prompt].Ids);
            WriteIds(json, "token_ids", news.TokenIds);
        }
        json.WriteEndObject();
        json.WriteEndArray();
        json.WritePropertyName("usage"u8);
        if (Job.Settings.Stream.ContinuousUsage) answer.Usage.Write(json);
        else json.WriteNullValue();
        json.WriteEndObject();
        sse.EndFrame();
    }

    protected override void WriteWholeChoice(Utf8JsonWriter json, Answer answer, int prompt, WholeChoice choice)
    {
        var (text, tokens) = WithEcho(answer, prompt, choice.Text, choice.Tokens);
        json.WriteString("text"u8, text);
        Logprobs.WriteCompletion(json, tokens);
        PromptLogprobJson.Write(json, Job, answer.ScoresOf(prompt));
        if (Job.Settings.ReturnTokenIds) WriteIds(json, "prompt_token_ids", Job.Prompts[prompt].Ids);
    }

    // Of one prompt they also stand where chat has them.
    protected override void WriteWholeTail(Utf8JsonWriter json, Answer answer)
    {
        if (Job is { Prompts.Count: 1, Settings.PromptLogprobs: not null }) PromptLogprobJson.Write(json, Job, answer.ScoresOf(0));
    }

    private static (string Text, IReadOnlyList<TokenEntry> Tokens) WithEcho(Answer answer, int prompt, string text, IReadOnlyList<TokenEntry> tokens) =>
        answer.EchoOf(prompt) is { } echo ? (echo.Text + text, [.. echo.Tokens, .. tokens]) : (text, tokens);
}
