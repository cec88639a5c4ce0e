namespace Furiosa.Gateway.Observability;

/// <summary>Logs one line for each request when it has ended: ids, counts and times, never what was said.</summary>
internal sealed partial class RequestLines(ILoggerFactory loggers)
{
    private readonly ILogger _log = loggers.CreateLogger("requests");

    public void Write(RequestRecord record, Observatory observatory)
    {
        if (!_log.IsEnabled(LogLevel.Information)) return;
        var started = record.Prompts.Min(prompt => prompt.StartedAt);
        var first = record.Prompts.Min(prompt => prompt.FirstTokenAt);
        Log(_log, record.Id, record.Endpoint, record.Client ?? "-", record.Status ?? 0, record.FinishReason ?? "-", record.ErrorCode ?? "-",
            record.PromptTokens, record.CachedTokens, record.GeneratedTokens,
            Milliseconds(started), Milliseconds(first), Milliseconds(record.EndedAt));

        double Milliseconds(long? until) => until is { } at ? Math.Round(observatory.Between(record.ArrivedAt, at).TotalMilliseconds, 1) : -1;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
        "request_id={RequestId} endpoint={Endpoint} client={Client} status={Status} finish={FinishReason} error={ErrorCode} prompt_tokens={PromptTokens} "
        + "cached_tokens={CachedTokens} generated_tokens={GeneratedTokens} queued_ms={QueuedMs} first_token_ms={FirstTokenMs} total_ms={TotalMs}")]
    private static partial void Log(
        ILogger log, string requestId, string endpoint, string client, int status, string finishReason, string errorCode, int promptTokens,
        int cachedTokens, int generatedTokens, double queuedMs, double firstTokenMs, double totalMs);
}
