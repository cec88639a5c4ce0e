using System.Diagnostics;
using Furiosa.Gateway.Observability;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Tracing;

/// <summary>
/// The spans of one request at the gateway: the request itself, continuing the trace that its client began (W3C), and for each prompt the
/// replica's part with its phases. Names and attributes are OpenTelemetry's for generative AI.
/// </summary>
internal sealed class RequestTracing
{
    /// <summary>The name to listen for.</summary>
    public const string SourceName = "Furiosa.Gateway";

    private static readonly ActivitySource Source = new(SourceName);
    private readonly Activity _span;
    private Activity?[] _replicas = [];

    private RequestTracing(Activity span) => _span = span;

    /// <summary>Begins the request's span; null where nobody listens or this request is not sampled.</summary>
    public static RequestTracing? Begin(HttpContext context, string endpoint)
    {
        if (!Source.HasListeners()) return null;
        ActivityContext.TryParse(context.Request.Headers["traceparent"], context.Request.Headers["tracestate"], isRemote: true, out var parent);
        // The framework's own activity, which is not sent, would be the parent of a request that brings none.
        Activity.Current = null;
        if (Source.StartActivity(endpoint, ActivityKind.Server, parent) is not { } span) return null;
        context.Response.Headers["traceparent"] = span.Id;
        span.SetTag("gen_ai.operation.name", endpoint switch { "chat" => "chat", "embeddings" => "embeddings", _ => "text_completion" });
        span.SetTag("gen_ai.provider.name", "furiosa");
        span.SetTag("http.request.method", context.Request.Method);
        span.SetTag("url.path", context.Request.Path.Value);
        span.SetTag("furiosa.request_id", context.TraceIdentifier);
        return new RequestTracing(span);
    }

    /// <summary>The request was understood: each of its prompts takes the trace along to the runtime.</summary>
    public void Accept(GenerationJob job)
    {
        _span.DisplayName = $"{_span.OperationName} {job.Model.Name}";
        _span.SetTag("gen_ai.request.model", job.Model.Name);
        _span.SetTag("gen_ai.request.max_tokens", job.Requests.Max(request => request.MaxTokens));
        _span.SetTag("gen_ai.request.choice.count", job.Settings.ChoiceCount);
        _span.SetTag("gen_ai.request.temperature", job.Settings.Sampling.Temperature);
        _span.SetTag("gen_ai.request.top_p", job.Settings.Sampling.TopP);
        _span.SetTag("gen_ai.request.seed", job.Settings.Sampling.Seed);
        _span.SetTag("gen_ai.response.model", job.Model.Name);
        _span.SetTag("gen_ai.response.id", job.Id);
        _replicas = [.. job.Requests.Select(_ => Source.StartActivity("replica", ActivityKind.Internal, _span.Context))];
        job.Requests = [.. job.Requests.Select((request, index) => request with { TraceParent = _replicas[index]?.Id })];
    }

    /// <summary>A prompt has ended: its replica's span is filled in, with the phases below it.</summary>
    public void EndPrompt(RequestRecord record, int index, Observatory observatory)
    {
        if (index >= _replicas.Length || _replicas[index] is not { } replica) return;
        var prompt = record.Prompts[index];
        var ended = prompt.EndedAt!.Value;
        if (prompt.Replica is { } number) replica.DisplayName = $"replica {number}";
        replica.SetTag("furiosa.replica", prompt.Replica);
        replica.SetTag("gen_ai.usage.input_tokens", prompt.PromptTokens);
        replica.SetTag("gen_ai.usage.output_tokens", prompt.GeneratedTokens);
        replica.SetTag("furiosa.cached_tokens", prompt.CachedTokens);
        Phase("queue", record.ArrivedAt, prompt.StartedAt ?? ended);
        if (prompt.StartedAt is { } started) Phase("prefill", started, prompt.FirstTokenAt ?? ended);
        if (prompt.FirstTokenAt is { } first) Phase("decode", first, prompt.LastTokenAt ?? ended);
        replica.SetEndTime(At(ended));
        replica.Dispose();

        void Phase(string name, long from, long to)
        {
            using var phase = Source.StartActivity(name, ActivityKind.Internal, replica.Context, startTime: At(from));
            phase?.SetEndTime(At(to));
        }

        DateTime At(long timestamp) => (record.Arrived + observatory.Between(record.ArrivedAt, timestamp)).UtcDateTime;
    }

    /// <summary>The request has ended.</summary>
    public void End(RequestRecord record, Observatory observatory)
    {
        _span.SetTag("http.response.status_code", record.Status);
        _span.SetTag("gen_ai.usage.input_tokens", record.PromptTokens);
        _span.SetTag("gen_ai.usage.output_tokens", record.GeneratedTokens);
        _span.SetTag("gen_ai.response.finish_reasons", record.Prompts.Select(prompt => prompt.FinishReason ?? "error").ToArray());
        if (record.Prompts.Min(prompt => prompt.FirstTokenAt) is { } first)
            _span.SetTag("gen_ai.latency.time_to_first_token", observatory.Between(record.ArrivedAt, first).TotalSeconds);
        if (record.ErrorCode is { } code)
        {
            _span.SetTag("error.type", code);
            _span.SetStatus(ActivityStatusCode.Error, record.Error);
        }
        _span.Dispose();
    }
}
