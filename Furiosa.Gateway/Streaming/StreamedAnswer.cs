using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>Answers a request with server-sent events.</summary>
internal static class StreamedAnswer
{
    /// <exception cref="ApiException">It failed before anything was sent: the error is a plain response.</exception>
    public static async Task RunAsync(HttpContext context, GenerationJob job, AnswerFormat format, Func<SseWriter, KeepAlive> newKeepAlive)
    {
        var gone = context.RequestAborted;
        var answer = new Answer(job);
        await using var events = new GenerationEvents(job, gone);
        var first = await FirstResultAsync(events, answer, gone);
        Begin(context.Response);
        using var sse = new SseWriter(context.Response.BodyWriter);
        var alive = newKeepAlive(sse);
        format.WriteOpening(sse, answer);
        try
        {
            for (var news = first; ;)
            {
                foreach (var (index, item) in news) format.WriteNews(sse, answer, index, item);
                if (answer.IsComplete) break;
                if (news.Count > 0)
                {
                    if (!await sse.FlushAsync(gone)) return;
                    alive.Note();
                }
                news = Apply(await alive.WaitAsync(events.NextAsync(), gone), answer, gone);
            }
            if (job.Settings.Stream.IncludeUsage) format.WriteUsage(sse, answer);
        }
        catch (ApiException error)
        {
            sse.WriteError(error.Error);
        }
        catch (Exception error) when (!gone.IsCancellationRequested)
        {
            sse.WriteError(Errors.Unknown(context, error));
        }
        sse.WriteDone();
        await sse.FlushAsync(gone);
    }

    // Nothing is sent before the runtime has admitted the request and computed its first step, so that a refusal is a plain error.
    private static async Task<IReadOnlyList<IndexedNews>> FirstResultAsync(GenerationEvents events, Answer answer, CancellationToken gone)
    {
        while (true)
        {
            var next = await events.NextAsync();
            var news = Apply(next, answer, gone);
            if (next is { Event: not Actors.Protocol.GenerationStarted }) return news;
        }
    }

    internal static IReadOnlyList<IndexedNews> Apply(PromptEvent? next, Answer answer, CancellationToken gone)
    {
        if (next is { } some) return answer.Apply(some);
        gone.ThrowIfCancellationRequested();
        throw new ApiException(ApiError.Internal("The runtime ended before the answer did.", "compute_fault"));
    }

    internal static void Begin(HttpResponse response)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
