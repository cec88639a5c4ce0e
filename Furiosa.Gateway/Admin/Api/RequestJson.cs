using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary>A request as the admin API shows it. Times are milliseconds since its arrival.</summary>
internal static class RequestJson
{
    public static JObject Summary(RequestRecord record, Observatory observatory)
    {
        double? At(long? at) => at is { } some ? AdminJson.Round(observatory.Between(record.ArrivedAt, some).TotalMilliseconds, 2) : null;
        return new JObject
        {
            ["id"] = record.Id, ["number"] = record.Number, ["endpoint"] = record.Endpoint, ["client"] = record.Client,
            ["arrived_at"] = AdminJson.Time(record.Arrived), ["phase"] = record.Phase, ["status"] = record.Status, ["finish_reason"] = record.FinishReason,
            ["error_code"] = record.ErrorCode, ["error"] = record.Error,
            ["stream"] = record.Asked?.Streams, ["n"] = record.Asked?.ChoiceCount, ["max_tokens"] = record.Asked is null ? null : record.MaxTokens,
            ["prompt_tokens"] = Count(record, record.PromptTokens), ["cached_tokens"] = Count(record, record.CachedTokens), ["generated_tokens"] = Count(record, record.GeneratedTokens),
            ["replica"] = record.Prompts.Count == 0 ? null : record.Prompts[0].Replica,
            ["started_ms"] = At(record.Prompts.Min(prompt => prompt.StartedAt)),
            ["first_token_ms"] = At(record.Prompts.Min(prompt => prompt.FirstTokenAt)),
            ["last_token_ms"] = At(record.Prompts.Max(prompt => prompt.LastTokenAt)),
            ["ended_ms"] = At(record.EndedAt),
            ["elapsed_ms"] = At(record.EndedAt ?? observatory.Now),
        };
    }

    // Of a request that was refused nothing was counted.
    private static int? Count(RequestRecord record, int tokens) => record.Prompts.Count == 0 ? null : tokens;

    /// <summary>One prompt: its counts and its bars, first to last.</summary>
    public static JObject Prompt(RequestRecord record, PromptRecord prompt, int index, ServerState state)
    {
        var observatory = state.Observatory;
        var now = prompt.EndedAt ?? record.EndedAt ?? observatory.Now;
        var spans = new JArray();
        Add("queued", record.ArrivedAt, prompt.StartedAt ?? now);
        if (prompt.StartedAt is { } started) Add("prefill", started, prompt.FirstTokenAt ?? now);
        if (prompt.FirstTokenAt is { } first) Add("decode", first, prompt.EndedAt is null ? now : prompt.LastTokenAt ?? now);
        return new JObject
        {
            ["index"] = index, ["runtime_id"] = prompt.RuntimeId, ["replica"] = prompt.Replica, ["finish_reason"] = prompt.FinishReason,
            ["prompt_tokens"] = prompt.PromptTokens, ["cached_tokens"] = prompt.CachedTokens, ["generated_tokens"] = prompt.GeneratedTokens,
            ["spans"] = spans,
            ["events"] = new JArray((state.Runtime?.Journal.After(0) ?? []).Where(one => one.RequestId == prompt.RuntimeId).Select(one => new JObject
            {
                ["kind"] = one.Kind, ["at_ms"] = AdminJson.Round((one.Time - record.Arrived).TotalMilliseconds, 2), ["replica"] = one.Replica, ["message"] = one.Message,
            })),
        };

        void Add(string name, long from, long to) => spans.Add(new JObject
        {
            ["name"] = name,
            ["start_ms"] = AdminJson.Round(observatory.Between(record.ArrivedAt, from).TotalMilliseconds, 2),
            ["end_ms"] = AdminJson.Round(observatory.Between(record.ArrivedAt, to).TotalMilliseconds, 2),
        });
    }
}
