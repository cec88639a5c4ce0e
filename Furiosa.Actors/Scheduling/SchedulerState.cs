using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// What the parts of a scheduler share: requests, their sequences by phase, and the KV pool; with the few moves a sequence can make.
/// </summary>
internal sealed class SchedulerState
{
    private readonly long[] _acceptedAt;
    private long _lastSequenceId;
    private long _drafts;
    private long _draftTokens;

    public SchedulerState(SchedulerOptions options)
    {
        Options = options;
        var states = options.StateCount == 0 ? null : new StatePool(options.StateCount);
        Pool = new BlockPool(options.BlockCount, options.PrefixCaching, states);
        States = states is null ? null : new StateTurns(states, Pool.Cache);
        _acceptedAt = new long[options.LookupTokens];
    }

    public SchedulerOptions Options { get; }

    public BlockPool Pool { get; }

    /// <summary>Gives sequences slots of states; null for a model that keeps none.</summary>
    public StateTurns? States { get; }

    /// <summary>Most sequences that run at once.</summary>
    public int MaxConcurrency => States is null ? Options.MaxConcurrency : Math.Min(Options.MaxConcurrency, States.Pool.Count);

    public Dictionary<string, RequestState> Requests { get; } = [];

    /// <summary>Sequences without blocks that wait for admission.</summary>
    public SequenceList Waiting { get; } = new();

    /// <summary>Sequences that are scheduled, and parked beams.</summary>
    public SequenceList Running { get; } = new();

    /// <summary>Events since they were last taken.</summary>
    public List<RequestOutput> Outputs { get; } = [];

    /// <summary>Concurrency in use.</summary>
    public int SlotsInUse { get; private set; }

    /// <summary>Requests that have begun.</summary>
    public int StartedCount { get; private set; }

    /// <summary>Prompt tokens looked up in the prefix cache.</summary>
    public long PrefixQueries { get; private set; }

    /// <summary>Prompt tokens that the prefix cache held.</summary>
    public long PrefixHits { get; private set; }

    /// <summary>Sequences whose blocks were taken.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Guesses of next tokens, and what came of them.</summary>
    public DraftCounters Drafts => new(_drafts, _draftTokens, _acceptedAt.Sum(), [.. _acceptedAt]);

    /// <summary>The request that is tried alone; null when there is none.</summary>
    private RequestState? _suspect;
    private bool _allMayRun;

    public long NextSequenceId() => ++_lastSequenceId;

    /// <summary>Counts a sequence's guesses of one step, if there were any.</summary>
    public void NoteDraft(int tried, int right)
    {
        if (tried == 0) return;
        _drafts++;
        _draftTokens += tried;
        for (var i = 0; i < right; i++) _acceptedAt[i]++;
    }

    /// <summary>Looks for a request that shared a step which failed: until its next token it is computed alone, so that no innocent one dies with it.</summary>
    /// <param name="none">Whether to let all run, since the suspect cannot go on by itself.</param>
    public void FindSuspect(bool none)
    {
        (_suspect, _allMayRun) = (null, none);
        for (var i = 0; i < Running.Count && _suspect is null && !none; i++)
        {
            if (Running[i] is { Phase: SequencePhase.Running, Request.IsSuspect: true }) _suspect = Running[i].Request;
        }
    }

    /// <summary>Whether a sequence may be part of the next step.</summary>
    public bool MayRun(Sequence sequence) => _allMayRun || (_suspect is null ? !sequence.Request.IsSuspect : sequence.Request == _suspect);

    /// <summary>Puts a sequence that holds nothing into the queue.</summary>
    public void Enqueue(Sequence sequence)
    {
        sequence.Phase = SequencePhase.Waiting;
        Waiting.Add(sequence);
    }

    /// <summary>Makes a sequence that is in neither list run (or park).</summary>
    public void Activate(Sequence sequence, SequencePhase phase = SequencePhase.Running)
    {
        sequence.Phase = phase;
        Running.Add(sequence);
        SlotsInUse += sequence.Slots;
    }

    /// <summary>Takes a running sequence out of its list without ending it.</summary>
    public void Deactivate(Sequence sequence)
    {
        Running.Remove(sequence);
        SlotsInUse -= sequence.Slots;
    }

    /// <summary>The root of a request stands for one sequence from now on.</summary>
    public void ReduceSlots(Sequence sequence)
    {
        SlotsInUse -= sequence.Slots - 1;
        sequence.Slots = 1;
    }

    /// <summary>Takes a running sequence's blocks: it will be computed again. A parked one only loses them.</summary>
    public void Preempt(Sequence sequence)
    {
        Release(sequence);
        Preemptions++;
        if (sequence.Phase == SequencePhase.Parked) return;
        Deactivate(sequence);
        Enqueue(sequence);
    }

    /// <summary>Ends a sequence wherever it stands. What a step under way still computes for it is dropped.</summary>
    public void End(Sequence sequence)
    {
        if (sequence.Phase == SequencePhase.Waiting) Waiting.Remove(sequence);
        else if (sequence.Phase != SequencePhase.Ended) Deactivate(sequence);
        sequence.Phase = SequencePhase.Ended;
        Release(sequence);
        sequence.Request.Sequences.Remove(sequence);
    }

    /// <summary>A sequence goes on from where another one is, and shares what that holds until one of them writes.</summary>
    public void Share(Sequence parent, Sequence child)
    {
        child.ShareBlocksOf(parent, Pool);
        States?.Share(parent, child);
    }

    /// <summary>Whether a request has not ended.</summary>
    public bool Has(RequestState request) => Requests.GetValueOrDefault(request.Request.RequestId) == request;

    /// <summary>Tells that a request begins, once.</summary>
    public void MarkStarted(RequestState request, int cachedTokens)
    {
        if (request.Started) return;
        request.Started = true;
        StartedCount++;
        if (Pool.Cache is not null) (PrefixQueries, PrefixHits) = (PrefixQueries + request.PromptLength, PrefixHits + cachedTokens);
        Emit(request, new GenerationStarted(cachedTokens));
    }

    public void Emit(RequestState request, GenerationEvent what) => Outputs.Add(new(request.Request.RequestId, what));

    public void Emit(RequestState request, PlainToken token) => Outputs.Add(new(request.Request.RequestId, null, token));

    /// <summary>Ends one choice and, with the last one, the request.</summary>
    public void EndChoice(RequestState request, int choice)
    {
        request.MarkEnded(choice);
        if (request.OpenChoices > 0) return;
        Drop(request);
        Emit(request, GenerationCompleted.Instance);
    }

    /// <summary>Ends all sequences of a request and forgets it, without an event.</summary>
    public void Drop(RequestState request)
    {
        while (request.Sequences.Count > 0) End(request.Sequences[^1]);
        if (Requests.Remove(request.Request.RequestId) && request.Started) StartedCount--;
    }

    private void Release(Sequence sequence)
    {
        // First the state: a block's snapshot is idle before the block may be given up.
        States?.Release(sequence);
        sequence.ReleaseBlocks(Pool);
    }
}
