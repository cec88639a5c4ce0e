using Furiosa.Gateway.Limits;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tracing;

namespace Furiosa.Gateway.Observability;

/// <summary>
/// One request from its arrival to its end, for metrics, the log and the console. It hears of what happens from the answer that is being
/// made; <see cref="Observatory"/> counts it.
/// </summary>
internal sealed class RequestRecord(Observatory observatory, string id, string endpoint, DateTimeOffset arrived, long arrivedAt)
{
    // Messages may quote what a request wrote.
    private const int LongestError = 2_000;

    /// <summary>Ascending over all requests of the process.</summary>
    public long Number { get; init; }

    public string Id => id;

    /// <summary>E.g. <c>chat</c>.</summary>
    public string Endpoint => endpoint;

    public DateTimeOffset Arrived => arrived;

    public long ArrivedAt => arrivedAt;

    /// <summary>Its spans; null where it is not traced.</summary>
    public RequestTracing? Trace { get; init; }

    /// <summary>Whose key was shown; null where keys have no names.</summary>
    public string? Client { get; init; }

    /// <summary>Its place among the limits; null until it is let in.</summary>
    public AdmittedRequest? Admitted { get; set; }

    public long? EndedAt { get; private set; }

    /// <summary>HTTP status; null while it runs.</summary>
    public int? Status { get; private set; }

    /// <summary>The word for programs of what went wrong; null for nothing.</summary>
    public string? ErrorCode { get; private set; }

    public string? Error { get; private set; }

    /// <summary>What is shown and counted of what was asked; null until the body is read, and for refused requests.</summary>
    public AskedAnswer? Asked { get; private set; }

    public IReadOnlyList<PromptRecord> Prompts { get; private set; } = [];

    /// <summary>Most new tokens of each choice.</summary>
    public int MaxTokens { get; private set; }

    /// <summary>Whether its answer is searched for tool calls.</summary>
    public bool ParsesTools { get; private set; }

    public int PromptTokens => Prompts.Sum(prompt => prompt.PromptTokens);

    public int CachedTokens => Prompts.Sum(prompt => prompt.CachedTokens);

    public int GeneratedTokens => Prompts.Sum(prompt => prompt.GeneratedTokens);

    /// <summary>How it stands: <c>reading</c>, <c>queued</c>, <c>prefill</c>, <c>decode</c> or <c>done</c>.</summary>
    public string Phase =>
        EndedAt is not null ? "done"
        : Prompts.Count == 0 ? "reading"
        : Prompts.Any(prompt => prompt.FirstTokenAt is not null) ? "decode"
        : Prompts.Any(prompt => prompt.StartedAt is not null) ? "prefill" : "queued";

    /// <summary>What became of it: <c>running</c>, <c>done</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public string Outcome =>
        EndedAt is null ? "running"
        : Status == StatusCodes.Status499ClientClosedRequest || FinishReason == "abort" ? "cancelled"
        : Status >= StatusCodes.Status400BadRequest || FinishReason == "error" ? "failed" : "done";

    /// <summary>How its prompts ended, where they all ended alike; else the worst of it.</summary>
    public string? FinishReason => new[] { "error", "abort", "length", "stop" }.FirstOrDefault(reason => Prompts.Any(prompt => prompt.FinishReason == reason));

    /// <summary>The request was understood and goes to the runtime.</summary>
    public void Accept(GenerationJob job)
    {
        Asked = new AskedAnswer(job.Settings.Stream.Enabled, job.Settings.ChoiceCount, job.Settings.SampleCount);
        Trace?.Accept(job);
        MaxTokens = job.Requests.Max(request => request.MaxTokens);
        Prompts = [.. job.Requests.Select(request => new PromptRecord(request.RequestId, request.PromptIds.Length, job.Settings.SampleCount))];
        ParsesTools = job.NewParser is not null && job.Tools.MayCall;
    }

    public void Start(int prompt, int replica, int cachedTokens)
    {
        var started = Prompts[prompt];
        started.Start(observatory.Now, replica, cachedTokens);
        Admitted?.Started();
        observatory.Metrics?.Requests.Start(this, started);
    }

    public void AddTokens(int prompt, int choice, int count)
    {
        if (count == 0) return;
        var (to, now) = (Prompts[prompt], observatory.Now);
        var isFirst = to.FirstTokenAt is null;
        var before = to.Add(choice, count, now);
        observatory.Metrics?.Requests.AddTokens(this, to, count, isFirst, before, now);
    }

    public void EndPrompt(int index, string reason)
    {
        var prompt = Prompts[index];
        if (prompt.HasEnded) return;
        prompt.End(observatory.Now, reason);
        Trace?.EndPrompt(this, index, observatory);
        observatory.Metrics?.Requests.End(this, prompt);

        // Before its client has the whole answer and asks again.
        if (Prompts.All(one => one.HasEnded)) Admitted?.End(GeneratedTokens);
    }

    /// <summary>It failed, before or while it was answered.</summary>
    public void Fail(ApiError error)
    {
        (Status, ErrorCode, Error) = (error.Status, error.Code ?? error.Type, error.Message.Length <= LongestError ? error.Message : error.Message[..LongestError] + "…");
        EndPrompts("error");
    }

    /// <summary>It was given up: its client went away, or cancelled it.</summary>
    /// <param name="how">Which of them, as a sentence.</param>
    public void Abort(string how)
    {
        if (Status is null && Prompts.All(prompt => prompt.HasEnded) && Prompts.Count > 0) return;
        (Status, ErrorCode, Error) = (StatusCodes.Status499ClientClosedRequest, "client_gone", how);
        EndPrompts("abort");
    }

    /// <summary>Nothing comes after this.</summary>
    public void End()
    {
        Status ??= StatusCodes.Status200OK;
        EndPrompts("abort");
        EndedAt = observatory.Now;
        Trace?.End(this, observatory);
        observatory.Ended(this);
    }

    private void EndPrompts(string reason)
    {
        for (var index = 0; index < Prompts.Count; index++) EndPrompt(index, reason);
    }
}

/// <summary>What a record keeps of a request's settings: it outlives the request, and a grammar among them may take many megabytes.</summary>
/// <param name="Streams">Whether the answer is streamed.</param>
/// <param name="ChoiceCount">Choices to return for each prompt.</param>
/// <param name="SampleCount">Choices to sample, of which those are picked.</param>
internal sealed record AskedAnswer(bool Streams, int ChoiceCount, int SampleCount);
