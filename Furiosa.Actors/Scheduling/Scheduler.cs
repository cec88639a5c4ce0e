using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// Continuous batching for one replica, as a plain class: <see cref="Schedule"/> makes the next step, <see cref="Apply"/> takes its
/// answers. Sequences are served in arrival order: the earliest always goes on, the latest is preempted first and later computes its
/// tokens again, which gives the same bytes.
/// </summary>
internal sealed class Scheduler
{
    private readonly SchedulerState _state;
    private readonly Admission _admission;
    private readonly DecodeTurns _decodes;
    private readonly PrefillTurns _prefills;
    private readonly BatchBuilder _batch;
    private readonly StepApplier _applier;
    private readonly Queue<PlannedStep> _underWay = new();
    private readonly FaultTally _faults;
    private long _lastSerial;
    private long _lastStep;

    public Scheduler(SchedulerOptions options)
    {
        _state = new SchedulerState(options.StateCount > 0 ? options with { LookupTokens = 0 } : options);
        _batch = new BatchBuilder(_state.States);
        _admission = new Admission(_state);
        _decodes = new DecodeTurns(_state, _admission);
        _prefills = new PrefillTurns(_state, _admission);
        _applier = new StepApplier(_state);
        _faults = new FaultTally(_state);
    }

    /// <summary>Sequences that hold KV blocks.</summary>
    public int RunningCount => _state.Running.Count;

    /// <summary>Sequences in the queue.</summary>
    public int WaitingCount => _state.Waiting.Count;

    /// <summary>Requests that have not ended.</summary>
    public int RequestCount => _state.Requests.Count;

    /// <summary>Requests that have begun and not ended.</summary>
    public int StartedCount => _state.StartedCount;

    public int FreeBlocks => _state.Pool.Free;

    public int CachedBlocks => _state.Pool.Cached;

    /// <summary>Slots of states.</summary>
    public StateCounts States => _state.States?.Pool is { } pool ? new(pool.Count - pool.Available, pool.Idle, pool.Free) : default;

    /// <inheritdoc cref="SchedulerState.PrefixQueries"/>
    public long PrefixQueries => _state.PrefixQueries;

    /// <inheritdoc cref="SchedulerState.PrefixHits"/>
    public long PrefixHits => _state.PrefixHits;

    /// <inheritdoc cref="SchedulerState.Preemptions"/>
    public long Preemptions => _state.Preemptions;

    /// <inheritdoc cref="SchedulerState.Drafts"/>
    public DraftCounters Drafts => _state.Drafts;

    /// <summary>Events since the list was last cleared; the caller clears it.</summary>
    public List<RequestOutput> Outputs => _state.Outputs;

    /// <summary>Names of the requests that have not ended.</summary>
    public IEnumerable<string> RequestIds => _state.Requests.Keys;

    /// <summary>Takes a request into the queue, or refuses it with an event.</summary>
    public void Submit(GenerationRequest request)
    {
        if (RequestCheck.Refusal(request, _state) is { } refusal)
        {
            _state.Outputs.Add(new(request.RequestId, refusal));
            return;
        }
        var entry = new RequestState(request, ++_lastSerial, _state.Options.MaxModelLen);
        _state.Requests.Add(request.RequestId, entry);
        if (entry.GoesOn)
        {
            Resume(entry, request.Resume!.Choices);
            return;
        }
        var root = new Sequence(entry, 0, _state.NextSequenceId(), request.PromptIds.AsSpan()) { Slots = entry.Width };
        entry.Sequences.Add(root);
        _state.Enqueue(root);
    }

    /// <summary>Steps that were given out and have not come back.</summary>
    public int UnderWayCount => _underWay.Count;

    /// <summary>Ends a request without an event; its blocks are free at once. Unknown names are ignored.</summary>
    public void Abort(string requestId)
    {
        if (_state.Requests.TryGetValue(requestId, out var request)) _state.Drop(request);
    }

    /// <summary>Ends one choice with <see cref="ChoiceFinish.Stop"/>. Unknown names, ended choices and beams are ignored.</summary>
    public void FinishChoice(string requestId, int choice)
    {
        if (!_state.Requests.TryGetValue(requestId, out var request) || request.Request.Beams is not null) return;
        var index = choice - request.Request.FirstChoice;
        if (!request.Forked || index < 0 || index >= request.Request.ChoiceCount || request.HasEnded(index)) return;
        if (request.Sequences.Find(sequence => sequence.Choice == index) is { } ended) _state.End(ended);
        _state.Emit(request, new TokensGenerated(choice, [], ChoiceFinish.Stop, null));
        _state.EndChoice(request, index);
    }

    /// <summary>The next step, or null when nothing can be added to what is under way.</summary>
    public StepBatch? Schedule()
    {
        if (_underWay.Count >= _state.Options.StepsInFlight || _state.Requests.Count == 0) return null;
        var budget = _state.Options.MaxBatchedTokens;
        Fill(budget, nothingElse: false);
        if (_batch.Rows == 0 && _underWay.Count == 0) Fill(budget, nothingElse: true);
        if (_batch.Rows == 0)
        {
            if (_underWay.Count == 0) throw new InvalidOperationException($"The scheduler is stuck: {Describe()}.");
            return null;
        }
        var (batch, planned) = _batch.Build(++_lastStep);
        _underWay.Enqueue(planned);
        if (_underWay.Count == 1) TellAlone(planned.Parts);
        return batch;
    }

    /// <summary>Applies the answers of the earliest step under way. Aborts that came meanwhile count first: their answers are dropped.</summary>
    /// <exception cref="InvalidDataException">The answers are not those of that step.</exception>
    public void Apply(StepResult result)
    {
        if (!_underWay.TryPeek(out var planned) || planned.StepId != result.StepId || planned.Samples.Count != result.Answers.Length)
            throw new InvalidDataException($"Step {result.StepId} came back with {result.Answers.Length} answers, which is not what is under way.");
        _underWay.Dequeue();
        foreach (ref readonly var part in CollectionsMarshal.AsSpan(planned.Parts)) _applier.Apply(part, result.Answers.Span);
        _batch.Recycle(planned);
    }

    /// <summary>
    /// The group that computed died: no KV block and no state holds anything, no step is under way. Every sequence is computed again, except that a
    /// request is given up when its group died under it too often without a new token.
    /// </summary>
    /// <param name="fault">Why, in one line.</param>
    /// <param name="death">How it died.</param>
    public void Restart(string fault, GroupDeath death)
    {
        _faults.Note(_underWay, fault, death);
        _underWay.Clear();
        foreach (var request in _state.Requests.Values) request.BeginAgain();
        for (var i = _state.Running.Count - 1; i >= 0; i--)
        {
            var sequence = _state.Running[i];
            sequence.LoseBlocks();
            sequence.InFlight = false;
            if (sequence.Phase == SequencePhase.Parked) continue;
            _state.Deactivate(sequence);
            _state.Enqueue(sequence);
        }
        _state.Pool.FreeAll();
    }

    /// <summary>Audits the pools against what the sequences hold; returns what is wrong, or null.</summary>
    public string? CheckIntegrity() => SchedulerAudit.Check(_state);

    /// <summary>Each choice goes on where it was: what it has so far is computed like a prompt.</summary>
    private void Resume(RequestState entry, ImmutableArray<ResumedChoice> choices)
    {
        entry.Forked = true;
        for (var choice = 0; choice < choices.Length; choice++)
        {
            if (choices[choice].Ended)
            {
                entry.MarkEnded(choice);
                continue;
            }
            var sequence = new Sequence(entry, choice, _state.NextSequenceId(), [.. entry.Request.PromptIds, .. choices[choice].Tokens]);
            entry.Sequences.Add(sequence);
            _state.Enqueue(sequence);
        }
    }

    /// <summary>Tells, once in a group, that a request without a token is computed alone.</summary>
    private void TellAlone(List<PlannedSlice> parts)
    {
        var request = parts[0].Sequence.Request;
        if (request.IsToldAlone || request.HasProgressed) return;
        foreach (ref readonly var part in CollectionsMarshal.AsSpan(parts))
        {
            if (part.Sequence.Request != request) return;
        }
        request.IsToldAlone = true;
        _state.Emit(request, ComputedAlone.Instance);
    }

    /// <summary>Decodes first, then as much of prompts as the budget leaves; a prompt known but for its last token decodes at once.</summary>
    private void Fill(int budget, bool nothingElse)
    {
        _state.FindSuspect(none: nothingElse);
        _decodes.Run(_batch, budget, nothingElse);
        if (_batch.Rows < budget && _admission.Run(nothingElse))
        {
            if (_batch.Rows == 0) _state.FindSuspect(none: nothingElse);
            _decodes.Run(_batch, budget, nothingElse);
        }
        _prefills.Run(_batch, budget - _batch.Rows, nothingElse);
    }

    private string Describe() =>
        $"{RunningCount} running, {WaitingCount} waiting, {FreeBlocks} free and {CachedBlocks} cached of {_state.Pool.Count} blocks, {States.Free} free and {States.Cached} cached of {States.All} states";
}
