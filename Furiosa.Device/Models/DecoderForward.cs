using Furiosa.Device.Execution;

namespace Furiosa.Device.Models;

/// <summary>The forward pass of one stage, phase by phase, as the team runs it for each step.</summary>
internal sealed unsafe class DecoderForward : TeamProgram
{
    private readonly ForwardContext _context;
    private readonly GroupLink? _link;
    private readonly List<Phase> _phases = [];
    private readonly Action<DecoderForward> _completed;
    private readonly Action<TeamProgram, Action> _waiter;
    private readonly WeightsAhead?[] _ahead; // what the first product reads that comes at or after each phase
    private readonly WeightsAhead.Cursor[] _cursors;
    private int _next;

    /// <param name="context">The stage and its buffers.</param>
    /// <param name="completed">Called at the end of each step.</param>
    /// <param name="waiter">Runs an action of this program off the team and puts the program back into the queue.</param>
    public DecoderForward(ForwardContext context, Action<DecoderForward> completed, Action<TeamProgram, Action> waiter)
    {
        (_context, _completed, _waiter) = (context, completed, waiter);
        var stage = context.Stage;
        if (stage.Placement.Link is { } link) _link = new GroupLink(context, link);

        Add(() => context.Plan.Batch.Copies.Length == 0 ? 0 : stage.Pes.Length, CopyBlocks);
        Add(LightItems, stage.IsFirst ? Embed : TakeInput);
        for (int layer = 0; layer < stage.LayerCount; layer++)
        {
            if (stage.HasMixing(layer)) AddMixing(layer);
            if (stage.HasExperts(layer)) AddExperts(layer);
            else if (stage.HasFeedForward(layer)) AddMlp(layer);
        }

        if (stage.IsLast) AddHead();
        else Add(LightItems, GiveOutput);

        _cursors = new WeightsAhead.Cursor[context.Workers];
        _ahead = new WeightsAhead?[_phases.Count + 1];
        var first = _phases.Find(phase => phase.Ahead is not null)?.Ahead; // of the next step
        for (int i = _phases.Count; i >= 0; i--) _ahead[i] = i == _phases.Count ? first : _phases[i].Ahead ?? _ahead[i + 1];
    }

    public ForwardContext Context => _context;

    /// <summary>Sets up a step. What is wrong with it becomes the program's fault.</summary>
    public void Begin(StageStep step)
    {
        ClearFault();
        _next = 0;
        _context.Input = step.Input;
        _context.Output = null;
        _context.Answers = [];
        _context.Constraints.BeginStep();
        _context.Clock.Begin(step.Batch.TokenIds.Length);
        try
        {
            Check(step);
            _context.Begin(step.Batch);
            if (_context.Stage.IsLast) _context.Answers = step.Batch.AnswerRoom ?? new SampleAnswer[step.Batch.Samples.Length];
            else _context.Output = new HiddenStates(_context.Plan.RowCount, _context.Stage.Config.HiddenSize);
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    public override PhaseKind MoveNext(out int items)
    {
        items = 0;
        bool ended = Fault is not null || _next == _phases.Count;
        _context.Clock.Enter(ended ? null : _phases[_next].Kind);
        if (ended) return PhaseKind.End;
        var phase = _phases[_next++];
        if (phase.Wait is not null) return PhaseKind.Waiting;
        items = phase.Items!();
        return PhaseKind.Items;
    }

    public override bool Prepare(int worker) =>
        _context.Plan.RowCount <= RowRange.ProductRows && _ahead[Volatile.Read(ref _next)] is { } ahead && _cursors[worker].Fetch(ahead, worker);

    public override void Run(int worker, int item) => _phases[_next - 1].Run!(worker, item);

    public override void Wait(ComputeTeam team) => _waiter(this, _phases[_next - 1].Wait!);

    public override void Complete() => _completed(this);

    private void Check(StageStep step)
    {
        var stage = _context.Stage;
        if (stage.IsFirst) return;
        int rows = step.Batch.TokenIds.Length, width = stage.Config.HiddenSize;
        if (step.Input is null || step.Input.Rows != rows || step.Input.Width != width)
            throw new ArgumentException($"stage {stage.Placement.Stage} was given {step.Input?.Rows ?? 0} x {step.Input?.Width ?? 0} hidden states for {rows} x {width}");
    }

    private void AddMixing(int layer)
    {
        var shared = _context.Stage.Shared[layer];
        var config = _context.Stage.Config;
        var mixing = MixingBlock.Of(_context, layer);
        var attention = mixing as AttentionBlock;
        if (attention?.Latent is { } latent)
        {
            Add(latent.DownItems, latent.Down, WorkKind.Product);
            Add(latent.NormItems, latent.Norm);
            Add(latent.UpItems, latent.Up, WorkKind.Product);
        }

        AddProduct(mixing.ProjectItems, mixing.Project, mixing.Reads);
        if (attention is { NormsOverHeads: true })
        {
            Add(LightItems, attention.SumSquares);
            if (_link is not null) AddWait(_link.GatherHeadSquares);
        }

        Add(mixing.StoreItems, mixing.Store);
        Add(mixing.AttendItems, mixing.Attend, WorkKind.Attention);
        if (mixing is RecurrentBlock { NormsOverHeads: true } recurrent)
        {
            if (_link is not null) AddWait(_link.GatherStateSquares);
            Add(recurrent.NormItems, recurrent.Norm);
        }

        if (!mixing.QuantizesOutput) AddQuantizing(mixing.Outputs.Whole);
        AddProduct(mixing.Output.Items, mixing.Output.Run, mixing.Output.Reads);

        if (!_context.Stage.HasFeedForward(layer))
        {
            AddSum(new PartialSum(_context, shared.OutputBias, null, shared.PostAttention) { NormsAfter = layer + 1 < _context.Stage.LayerCount, NormAfter = FirstNorm(layer + 1) });
            return;
        }

        // Beside attention, the feed-forward block reads what attention read, or the same residual stream by a norm of its own.
        bool own = config.Norms.BeforeMlp;
        AddSum(new PartialSum(_context, shared.OutputBias, null, shared.PostAttention)
        {
            NormBefore = config.ParallelResidual && own ? shared.Mlp : default,
            NormsAfter = !config.ParallelResidual, NormAfter = shared.Mlp,
        });
    }

    // Heads may be of any width. A feed-forward width is cut at whole panels, which are quantised as they are made.
    private void AddQuantizing(LinearInput input)
    {
        if (_context.IsQuantized) Add(LightItems, (_, item) => _context.QuantizeRows(input, item));
    }

    private void AddMlp(int layer)
    {
        var mlp = new MlpBlock(_context, layer);
        AddProduct(mlp.GateItems, mlp.Gate, mlp.Reads);
        AddProduct(mlp.Down.Items, mlp.Down.Run, mlp.Down.Reads);
        AddMlpSum(layer, null);
    }

    private void AddExperts(int layer)
    {
        var experts = new ExpertBlock(_context, layer);
        Add(experts.RowItems, experts.Route);
        Add(() => 1, experts.Order);
        Add(experts.SlotItems, experts.Gather);
        Add(experts.GateItems, experts.Gate, WorkKind.Product);
        Add(experts.DownItems, experts.Down, WorkKind.Product);
        AddMlpSum(layer, experts);
    }

    private void AddMlpSum(int layer, ExpertBlock? experts)
    {
        var stage = _context.Stage;
        bool more = layer + 1 < stage.LayerCount;
        AddSum(new PartialSum(_context, stage.Shared[layer].DownBias, experts, stage.Shared[layer].PostMlp)
        {
            NormsAfter = more, NormAfter = FirstNorm(layer + 1),
        });
    }

    /// <summary>Of the input of a layer's first block; absent behind the last layer.</summary>
    private Norm FirstNorm(int layer)
    {
        if (layer == _context.Stage.LayerCount) return default;
        var shared = _context.Stage.Shared[layer];
        return _context.Stage.HasMixing(layer) ? shared.Attention : shared.Mlp;
    }

    private void AddHead()
    {
        var head = new HeadBlock(_context, _context.Workers);
        Add(head.NormItems, head.Norm);
        AddProduct(head.ProjectItems, head.Project, head.Reads);
        if (_link is not null) AddWait(_link.GatherLogits);
        Add(head.SampleItems, head.Sample, WorkKind.Sampling);
    }

    private int LightItems() => RowRange.BlocksOf(_context.Plan.RowCount, RowRange.LightRows);

    private void CopyBlocks(int worker, int item)
    {
        foreach (var copy in _context.Plan.Batch.Copies) _context.Stage.Pes[item].Cache.Copy(copy);
    }

    private void Embed(int worker, int item)
    {
        int width = _context.Stage.Config.HiddenSize;
        var rows = RowRange.Of(item, RowRange.LightRows, _context.Plan.RowCount);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            var residual = new Span<float>(_context.Residual(row), width);
            _context.Stage.Embedding!.Read(_context.Plan.Batch.TokenIds[row], residual);
            if (_context.Stage.Config.EmbeddingScale != 1) Scale(residual, _context.Stage.Config.EmbeddingScale);
            if (_context.Stage.Positions is { } positions) AddPosition(positions, _context.Plan.Positions[row] + _context.Stage.Config.FirstPosition, residual);
            var norm = _context.Stage.EmbeddingNorm;
            if (norm.IsPresent) _context.Norm(_context.Residual(row), norm, _context.Residual(row), width);
            _context.Norm(row, FirstNorm(0), row);
        }
    }

    private void TakeInput(int worker, int item)
    {
        int width = _context.Stage.Config.HiddenSize;
        var rows = RowRange.Of(item, RowRange.LightRows, _context.Plan.RowCount);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
        {
            _context.Input!.Values.Slice(row * width, width).CopyTo(new Span<float>(_context.Residual(row), width));
            _context.Norm(row, FirstNorm(0), row);
        }
    }

    private void GiveOutput(int worker, int item)
    {
        int width = _context.Stage.Config.HiddenSize;
        var rows = RowRange.Of(item, RowRange.LightRows, _context.Plan.RowCount);
        for (int row = rows.First; row < rows.First + rows.Count; row++)
            new ReadOnlySpan<float>(_context.Residual(row), width).CopyTo(_context.Output!.Values.Slice(row * width, width));
    }

    private static void Scale(Span<float> residual, float factor)
    {
        foreach (ref float value in residual) value *= factor;
    }

    private static void AddPosition(IPositionTable positions, int position, Span<float> residual)
    {
        Span<float> learned = residual.Length <= 4096 ? stackalloc float[residual.Length] : new float[residual.Length];
        positions.Read(position, learned);
        for (int i = 0; i < residual.Length; i++) residual[i] += learned[i];
    }

    /// <summary>The collective: partial sums of all PEs into the residual stream; then the norm that comes next.</summary>
    private void AddSum(PartialSum sum)
    {
        if (_link is not null) AddWait(_link.GatherPartials);
        Add(LightItems, sum.Run, WorkKind.Collective);
    }

    private void Add(Func<int> items, Action<int, int> run, WorkKind kind = WorkKind.Other) => _phases.Add(new Phase(items, run, null, kind));

    /// <summary>A product, and what a group of its panels reads.</summary>
    private void AddProduct(Func<int> items, Action<int, int> run, WeightReads reads) =>
        _phases.Add(new Phase(items, run, null, WorkKind.Product) { Ahead = new WeightsAhead(_context.Workers, reads) });

    private void AddWait(Action wait) => _phases.Add(new Phase(null, null, wait, WorkKind.Waiting));

    private sealed record Phase(Func<int>? Items, Action<int, int>? Run, Action? Wait, WorkKind Kind)
    {
        public WeightsAhead? Ahead { get; init; }
    }
}
