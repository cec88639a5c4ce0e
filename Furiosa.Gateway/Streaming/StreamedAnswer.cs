using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>Answers a request with server-sent events.</summary>
internal static class StreamedAnswer
{
    /// <param name="context">The call.</param>
    /// <param name="job">What was asked.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="newKeepAlive">Makes what shows the client that its silent stream lives.</param>
    /// <param name="marks">The ids of its frames; null for none.</param>
    /// <exception cref="ApiException">It failed before anything was sent: the error is a plain response.</exception>
    public static async Task RunAsync(HttpContext context, GenerationJob job, AnswerFormat format, Func<SseWriter, KeepAlive> newKeepAlive, StreamMarks? marks = null)
    {
        var gone = context.RequestAborted;
        var answer = new Answer(job);
        await using var events = new GenerationEvents(job, gone);
        var next = await FirstResultAsync(events, answer, gone);
        Begin(context.Response);
        using var sse = new SseWriter(context.Response.BodyWriter, marks);
        using var alive = newKeepAlive(sse);
        format.WriteOpening(sse, answer);
        try
        {
            while (true)
            {
                var any = false;
                foreach (var part in marks is null ? [next] : StreamMarks.Split(next))
                {
                    foreach (var (index, item) in answer.Apply(part))
                    {
                        format.WriteNews(sse, answer, index, item);
                        any = true;
                    }
                }
                if (answer.IsComplete) break;
                if (any)
                {
                    if (!await sse.FlushAsync(gone)) return;
                    alive.Note();
                }
                next = Require(await alive.WaitAsync(events.NextAsync(), gone), gone);
            }
            if (job.Settings.Stream.IncludeUsage) format.WriteUsage(sse, answer);
        }
        catch (ApiException error) when (marks is not null && error.Error.Status == StatusCodes.Status503ServiceUnavailable)
        {
            // This gateway cannot go on, another can: the client, which has the id of its last frame, sees the connection break off as if the gateway had died.
            job.Record?.Fail(error.Error);
            context.Abort();
            return;
        }
        catch (ApiException error)
        {
            Fail(error.Error);
        }
        catch (Exception error) when (!gone.IsCancellationRequested)
        {
            Fail(Errors.Unknown(context, error));
        }
        sse.WriteDone();
        await sse.FlushAsync(gone);

        void Fail(ApiError error)
        {
            job.Record?.Fail(error);
            sse.WriteError(error);
        }
    }

    // Nothing is sent before the runtime has admitted the request and computed its first step, so that a refusal is a plain error.
    private static async Task<PromptEvent> FirstResultAsync(GenerationEvents events, Answer answer, CancellationToken gone)
    {
        while (true)
        {
            var next = Require(await events.NextAsync(), gone);
            if (next.Event is not Actors.Protocol.GenerationStarted and not Actors.Protocol.GenerationFailed) return next;
            answer.Apply(next);
        }
    }

    internal static IReadOnlyList<IndexedNews> Apply(PromptEvent? next, Answer answer, CancellationToken gone) => answer.Apply(Require(next, gone));

    private static PromptEvent Require(PromptEvent? next, CancellationToken gone)
    {
        if (next is { } some) return some;
        gone.ThrowIfCancellationRequested();
        throw new ApiException(ApiError.Internal("The runtime ended before the answer did.", ApiError.ComputeFault));
    }

    internal static void Begin(HttpResponse response)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
