using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
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
    // Prompts of one request that are asked of the runtime at once; the others follow as these end.
    private const int MostAtOnce = 64;

    private readonly GenerationJob _job;
    private readonly UniqueKillSwitch _stop;
    private readonly ISinkQueue<PromptEvent> _queue;
    private readonly CancellationTokenRegistration _whenClientGoes;
    private readonly CancellationTokenRegistration _whenTimeIsOver;
    private readonly bool[] _ended;

    public GenerationEvents(GenerationJob job, CancellationToken clientGone)
    {
        _job = job;
        _ended = new bool[job.Requests.Length];
        (_stop, _queue) = Merge(job)
            .ViaMaterialized(KillSwitches.Single<PromptEvent>(), Keep.Right)
            .ToMaterialized(Sink.Queue<PromptEvent>(), Keep.Both)
            .Run(job.Model.Materializer);
        _whenClientGoes = clientGone.Register(End);
        _whenTimeIsOver = job.Deadline.Register(End);
    }

    /// <summary>The next event, or null when every prompt has ended or the client has gone.</summary>
    public async ValueTask<PromptEvent?> NextAsync()
    {
        var next = await PullAsync();
        if (_job.Deadline.IsCancellationRequested && (!next.HasValue || next.Value.Event is GenerationFailed)) throw new ApiException(ApiError.TimedOut());
        if (!next.HasValue) return null;
        if (next.Value.Event is GenerationCompleted or GenerationFailed) _ended[next.Value.Prompt] = true;
        return next.Value;
    }

    // The stream itself fails only when the runtime is torn down under it.
    private async Task<Option<PromptEvent>> PullAsync()
    {
        try
        {
            return await _queue.PullAsync();
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

    private static Source<PromptEvent, NotUsed> Merge(GenerationJob job)
    {
        var requests = job.Requests;
        if (requests.Length == 1) return One(0);
        return Source.From(Enumerable.Range(0, requests.Length)).MergeMany(MostAtOnce, One);

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
