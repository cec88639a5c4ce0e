using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary>An event of one of a job's prompts.</summary>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Event">What happened.</param>
internal readonly record struct PromptEvent(int Prompt, GenerationEvent Event);

/// <summary>
/// The events of all prompts of a job, merged as they come and pulled one by one, so that a slow reader holds back only its own
/// request. Disposing it, or the client's going away, ends every prompt that has not ended by itself.
/// </summary>
internal sealed class GenerationEvents : IAsyncDisposable
{
    // Events that are taken before their reader wants them; behind them tokens gather.
    private const int MostWaiting = 8;

    private readonly GenerationJob _job;
    private readonly UniqueKillSwitch _stop;
    private readonly EventSink<PromptEvent>.Queue _queue;
    private readonly CancellationTokenRegistration _whenClientGoes;
    private readonly CancellationTokenRegistration _whenTimeIsOver;
    private readonly bool[] _ended;

    public GenerationEvents(GenerationJob job, CancellationToken clientGone)
    {
        _job = job;
        _ended = new bool[job.Requests.Length];
        (_stop, _queue) = Run(job);
        _whenClientGoes = clientGone.Register(End);
        _whenTimeIsOver = job.Deadline.Register(End);
    }

    /// <summary>The next event, or null when every prompt has ended or the client has gone.</summary>
    public async ValueTask<PromptEvent?> NextAsync()
    {
        var next = await PullAsync();
        if (_job.Deadline.IsCancellationRequested && (next is null or { Event: GenerationFailed })) throw new ApiException(ApiError.TimedOut());
        if (next is { Event: GenerationCompleted or GenerationFailed } last) _ended[last.Prompt] = true;
        return next;
    }

    // The stream itself fails only when the runtime is torn down under it.
    private async ValueTask<PromptEvent?> PullAsync()
    {
        try
        {
            if (_queue.TryRead(out var next)) return next;
            return await _queue.WaitToReadAsync() && _queue.TryRead(out next) ? next : null;
        }
        catch (Exception error) when (error is not ApiException)
        {
            throw new ApiException(ApiError.Internal("The runtime ended before the answer did.", ApiError.ComputeFault));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _whenClientGoes.DisposeAsync();
        await _whenTimeIsOver.DisposeAsync();
        End();
    }

    private static (UniqueKillSwitch Stop, EventSink<PromptEvent>.Queue Queue) Run(GenerationJob job)
    {
        try
        {
            return Merge(job)
                .ViaMaterialized(KillSwitches.Single<PromptEvent>(), Keep.Right)
                .ToMaterialized(new EventSink<PromptEvent>(MostWaiting), Keep.Both)
                .Run(job.Model.Materializer);
        }
        catch (Exception error) when (error is not ApiException)
        {
            // Its turn has come because the requests before it were ended with the server.
            throw new ApiException(ApiError.Unavailable("The server is shutting down.", "draining"));
        }
    }

    private static Source<PromptEvent, NotUsed> Merge(GenerationJob job)
    {
        var requests = job.Requests;
        if (requests.Length == 1) return One(0);
        return Source.From(Enumerable.Range(0, requests.Length)).MergeMany(job.Model.PromptsAtOnce, One);

        Source<PromptEvent, NotUsed> One(int prompt) => Generate(job, requests[prompt]).Select(news => new PromptEvent(prompt, news));
    }

    // An echo of the prompt without log-probabilities needs no model.
    private static Source<GenerationEvent, NotUsed> Generate(GenerationJob job, GenerationRequest request) =>
        request is { MaxTokens: 0, PromptTopLogprobs: null, Pooling: null }
            ? Source.Single<GenerationEvent>(GenerationCompleted.Instance)
            : job.Model.Client.Generate(request);

    // Cancelling the source ends a request too; the explicit word also reaches a replica whose stream was cut off.
    private void End()
    {
        for (var i = 0; i < _ended.Length; i++)
            if (!_ended[i]) _job.Model.Client.Abort(_job.Requests[i].RequestId);
        _stop.Shutdown();
    }
}
