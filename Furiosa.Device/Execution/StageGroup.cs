using Furiosa.Device.Models;

namespace Furiosa.Device.Execution;

/// <summary>
/// The local members of a stage's tensor-parallel group. A step starts when all of them have it, and one step of the group runs at
/// a time; others wait here, in order.
/// </summary>
internal sealed class StageGroup : IStageGroup, IThreadPoolWorkItem
{
    private readonly object _gate = new();
    private readonly ComputeTeam _team;
    private readonly ForwardContext _context;
    private readonly DecoderForward _forward;
    private readonly LinkThread? _linkThread;
    private readonly ProcessingElement[] _pes;
    private readonly Queue<Run> _runs = new();
    private readonly Stack<Run> _spare = new(); // used again: a step takes none anew
    private readonly Queue<Run> _ended = new();
    private Run? _current;
    private bool _telling;
    private bool _disposed;

    public StageGroup(ComputeTeam team, ForwardContext context)
    {
        _team = team;
        _context = context;
        var stage = context.Stage;
        if (stage.Placement.Link is not null) _linkThread = new LinkThread(team);
        _forward = new DecoderForward(context, Finish, (program, wait) => _linkThread!.Post(program, wait));
        _pes = new ProcessingElement[stage.Pes.Length];
        for (int i = 0; i < _pes.Length; i++)
        {
            var pe = stage.Pes[i];
            var footprint = new PeFootprint(
                stage.FirstLayer, stage.LayerCount, pe.Share.HeadCount, pe.Share.KvHeadCount, pe.WeightBytes, pe.Cache.Bytes)
            {
                StateBytes = pe.States.Bytes,
            };
            _pes[i] = new ProcessingElement(this, i, stage.Placement.Pes[pe.Share.Rank], footprint, pe);
        }
    }

    public IReadOnlyList<IProcessingElement> Pes => _pes;

    public StageTimes Times => _context.Clock.Read();

    internal ForwardContext Context => _context;

    /// <summary>Waits for the running step, fails the waiting ones, and frees the KV cache.</summary>
    public void Dispose()
    {
        Run[] dropped;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            foreach (var pe in _pes)
            {
                foreach (var (step, completed) in pe.Waiting) _runs.Enqueue(new Run([completed]) { Step = step });
                pe.Waiting.Clear();
            }

            dropped = [.. _runs];
            _runs.Clear();
        }

        foreach (var run in dropped)
        {
            run.Fault = "the stage group was disposed";
            Tell(run);
        }

        _context.Stage.Placement.Link?.Dispose(); // wakes a step that waits for another process
        lock (_gate)
        {
            while (_current is not null) Monitor.Wait(_gate);
        }

        _linkThread?.Dispose();
        _context.Dispose();
        _context.Stage.Dispose();
    }

    internal void Give(int index, StageStep step, Action<PeOutcome> completed)
    {
        Run? started = null;
        bool refused;
        lock (_gate)
        {
            refused = _disposed;
            if (!refused)
            {
                _pes[index].Waiting.Enqueue((step, completed));
                if (!Array.Exists(_pes, pe => pe.Waiting.Count == 0)) started = Rendezvous();
            }
        }

        if (refused) completed(new PeOutcome(step.Batch.StepId, null, null, "the stage group was disposed"));
        if (started is not null) Start(started);
    }

    /// <summary>All members have a step. Returns it when the group is free to run it now.</summary>
    private Run? Rendezvous()
    {
        var run = _spare.TryPop(out var spare) ? spare : new Run(new Action<PeOutcome>[_pes.Length]);
        StageStep? step = null;
        bool differs = false;
        for (int i = 0; i < _pes.Length; i++)
        {
            (var given, run.Completed[i]) = _pes[i].Waiting.Dequeue();
            differs |= step is not null && given.Batch.StepId != step.Batch.StepId;
            step ??= given;
        }

        (run.Step, run.Differs) = (step!, differs);
        if (_current is not null)
        {
            _runs.Enqueue(run);
            return null;
        }

        return _current = run;
    }

    private void Start(Run run)
    {
        _forward.Begin(run.Step);
        if (run.Differs) _forward.Fail(new InvalidOperationException("the members of the group were given different steps"));
        try
        {
            _team.Enqueue(_forward);
        }
        catch (ObjectDisposedException error)
        {
            _forward.Fail(error);
            Finish(_forward);
        }
    }

    /// <summary>On a compute thread: starts the next step, and then tells the members.</summary>
    private void Finish(DecoderForward forward)
    {
        Run run = _current!;
        string? fault = forward.Fault is { } error ? Describe(run.Step, error) : null;
        var hidden = fault is null ? _context.Output : null;
        if (fault is not null) _context.Output?.Dispose();
        run.Step.Input?.Dispose();
        var result = fault is null && _context.Stage.IsLast ? new StepResult(run.Step.Batch.StepId, new(_context.Answers, run.Step.Batch.Samples.Length)) : null;

        (run.Hidden, run.Result, run.Fault) = (hidden, result, fault);

        Run? next;
        lock (_gate)
        {
            _ended.Enqueue(run);
            _current = _runs.TryDequeue(out next) ? next : null;
            if (_current is null) Monitor.PulseAll(_gate);
        }

        if (next is not null) Start(next);
        ComputeTeam.Afterwards(this);
    }

    /// <summary>
    /// Tells the members how the ended steps went, in the order of the steps: the next step may end on another compute thread before
    /// its predecessor has been told, and is then left to the thread that tells that one.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        Run? told = null;
        while (true)
        {
            Run? run;
            lock (_gate)
            {
                if (told is null && _telling) return;
                if (told is not null) _spare.Push(told);
                _telling = _ended.TryDequeue(out run);
            }

            if (run is null) return;
            Tell(run);
            run.Clear();
            told = run;
        }
    }

    private static string Describe(StageStep step, Exception error) =>
        $"step {step.Batch.StepId}: {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}";

    private static void Tell(Run run)
    {
        for (int i = 0; i < run.Completed.Length; i++)
        {
            try
            {
                run.Completed[i](new PeOutcome(run.Step.Batch.StepId, i == 0 ? run.Hidden : null, i == 0 ? run.Result : null, run.Fault));
            }
            catch (Exception error)
            {
                // Callbacks must not throw; one that does must not take the compute thread, and with it the process, down.
                System.Diagnostics.Trace.TraceError($"A step's completion threw: {error}");
            }
        }
    }

    /// <summary>A step of all members, from their meeting until they have been told how it ended.</summary>
    private sealed class Run(Action<PeOutcome>[] completed)
    {
        public StageStep Step { get; set; } = null!;

        /// <summary>The members' own completions, by index.</summary>
        public Action<PeOutcome>[] Completed => completed;

        public bool Differs { get; set; }

        public HiddenStates? Hidden { get; set; }

        public StepResult? Result { get; set; }

        public string? Fault { get; set; }

        /// <summary>Lets go of what it held, so that another step may have it.</summary>
        public void Clear()
        {
            Array.Clear(completed);
            (Step, Hidden, Result, Fault) = (null!, null, null, null);
        }
    }
}
