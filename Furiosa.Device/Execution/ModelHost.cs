using Furiosa.Device.Artifacts;
using Furiosa.Device.Grammar;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Rounded;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Execution;

/// <summary>A model opened in this process: mapped files, packed weights, rotary tables and the compute team.</summary>
public sealed class ModelHost : IModelHost
{
    private const long WeightRegionBytes = 512 << 20; // few regions: each leaves the rest of a huge page unused

    private readonly TensorStore _store;
    private readonly DecoderTensors _tensors;
    private readonly WeightCache _weights;
    private readonly ComputeTeam _team;
    private readonly bool _ownsTeam;
    private readonly bool _warmUp;
    private readonly int? _tensorParallel;
    private readonly WeightPacker _measure;
    private readonly KernelSet _kernels;
    private readonly RopeTable[] _ropes;
    private readonly AlibiTable? _alibi;
    private readonly Lazy<TokenMaskMaker>? _masks;
    private readonly Lazy<BadWordFilter>? _badWords;
    private volatile bool _isPacked;

    private ModelHost(ModelHostOptions options, ModelDirectory directory)
    {
        if (options.Bf16Products == Bf16Products.Fast) CheckFast(options, directory);
        Config = ModelConfig.Read(directory) with { KvCacheDtype = options.KvCacheDtype };
        Generation = GenerationConfig.Read(directory);
        MaxModelLen = CheckLength(options.MaxModelLen, Config);
        _kernels = KernelSet.For(options.Kernels);
        bool rounds = options.RopePrecision.Rounds(directory, Config);
        if (rounds && options.RopePrecision == RopePrecision.Auto)
            Notices = [$"Rotary frequencies are rounded to bfloat16: {directory.Name} looks like a test model that was cast as a whole before it was saved. furiosa.rope-frequencies = float32 keeps them."];
        _ropes = [.. Config.Ropes.Select(rope => new RopeTable(rope with { Bfloat16Frequencies = rounds && !rope.StaysFloat }, Config.RotaryDim, MaxModelLen))];
        if (rounds) Config = Config with { RoundsPositions = true };
        if (Config.Alibi is { } alibi) _alibi = new AlibiTable(alibi, Config.HeadCount, MaxModelLen);
        _store = directory.OpenTensors(options.ShardOpened);
        (_ownsTeam, _warmUp) = (options.ComputeTeam is null, options.WarmUp);
        _team = options.ComputeTeam ?? new ComputeTeam(options.ComputeThreads);
        _tensors = new DecoderTensors(_store, Config);
        var (dtype, quantization, compresses) = (options.Dtype, options.Quantization, options.Bf16Weights.Compresses());
        if (ArtifactManifest.Read(directory.Path) is { } artifact)
        {
            _tensorParallel = artifact.TensorParallel;
            (dtype, quantization) = (WeightDtypes.Parse(artifact.Dtype), WeightQuantizations.Parse(artifact.Quantization));
            CheckArtifact(options, dtype, quantization, _store.Packed?.HasCompressed == true);
        }

        _weights = new WeightCache(new WeightPacker(_tensors, Config, dtype, quantization, _team) { Store = _store.Packed, Products = options.Bf16Products, Compresses = compresses, Memory = new(WeightRegionBytes) }, _tensors, Config);
        _measure = new WeightPacker(_tensors, Config, dtype, quantization, null) { Store = _store.Packed, Products = options.Bf16Products, Compresses = compresses };
        if (options.TokenBytes is { } tokenBytes)
        {
            // Begun now, so that the first grammar finds it made; a failure shows where it is used.
            _masks = new Lazy<TokenMaskMaker>(() => new TokenMaskMaker(new VocabularyTrie(tokenBytes())));
            _badWords = new Lazy<BadWordFilter>(() => new BadWordFilter(tokenBytes()));
            _ = Task.Run(() => _masks.Value).ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public GenerationConfig Generation { get; }

    /// <inheritdoc/>
    public int MaxModelLen { get; }

    /// <inheritdoc/>
    public long KvBytesPerBlock => StageSize.Of(Config, 0, 1, 1, [0]).KvBytesPerBlock;

    /// <inheritdoc/>
    public long StateBytesPerSlot => StageSize.Of(Config, 0, 1, 1, [0]).StateBytesPerSlot;

    /// <inheritdoc/>
    public long SharedBytes => _weights.SharedBytes;

    /// <inheritdoc/>
    public int ComputeThreads => _team.ThreadCount;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices { get; } = [];

    /// <inheritdoc/>
    public string InstructionSet => KernelLevels.Describe(_kernels.Level);

    /// <summary>The tensors that were read so far: those of the shards that live here.</summary>
    internal IEnumerable<string> TensorsRead => _store.ReadNames;

    /// <summary>Opens a model: reads its configuration and maps its weights, which are packed stage by stage.</summary>
    /// <param name="options">Where it is and how it is kept.</param>
    /// <exception cref="ModelFormatException">A file is missing or malformed; the message names it, the field and the remedy.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ModelHost Open(ModelHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var host = new ModelHost(options, ModelDirectory.Open(options.ModelDirectory));
        try
        {
            // Laying out the matrices says whether all of them can be multiplied so.
            if (options.Bf16Products == Bf16Products.Fast) _ = host.Measure(1, 0, 1);
            return host;
        }
        catch (ArgumentException)
        {
            host.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeFootprint> Measure(int tensorParallel, int stage, int stageCount) =>
        WeightMeasure.OfStage(_measure, Config, tensorParallel, stage, stageCount);

    /// <inheritdoc/>
    public long ScratchBytes(int rows)
    {
        long heads = (Config.HeadCount + Config.KvHeadCount) * ((long)Config.HeadDim + Config.ValueDim);
        long latent = Config.Latent is { } small ? small.QueryRank + small.KeyRank + Config.RotaryDim + Config.KvHeadCount * ((long)small.PlainDim + Config.ValueDim) : 0;
        if (Config.Recurrent is { } recurrent) heads = Math.Max(heads, recurrent.ConvWidth + recurrent.Width) + recurrent.ConvWidth + 3L * recurrent.Width;
        if (Config.ShortConv is not null) heads = Math.Max(heads, 4L * Config.QueryWidth);
        long experts = Config.Experts is { } routed ? routed.Used * ((long)Config.HiddenSize + Math.Max(routed.Width, routed.SharedWidth)) : 0;
        long dense = Config.Experts?.Layers.Contains(false) == false ? 0 : Config.IntermediateSize;
        long perRow = 3L * Config.HiddenSize + heads + latent + dense + experts + 8L * Config.HiddenSize;
        return rows * perRow * sizeof(float) + Math.Min(rows, 64) * (long)Config.VocabSize * sizeof(float);
    }

    /// <inheritdoc/>
    public IStageGroup CreateStage(StagePlacement placement, CacheSize size, IProgress<string>? progress = null)
    {
        Check(placement, size);
        // A part of a model on this node may need few of the files' bytes.
        var isWhole = placement.StageCount == 1 && placement.LocalRanks.Count == placement.Pes.Count;
        using var ahead = isWhole && !_isPacked ? _store.BeginReadAhead() : null;
        var stage = new StageModel(Config, _weights, _tensors, placement, size, progress);
        _isPacked |= isWhole;
        var context = new ForwardContext(stage, _kernels, _ropes, MaxModelLen, _team.ThreadCount)
        {
            Constraints = new SequenceConstraints(_masks),
            BadWords = _badWords,
            Alibi = _alibi,
        };
        if (context.Buffers.NormedInput.Layout is { } rows) _kernels.PrepareQuantized(rows.OfPairs);
        var group = new StageGroup(_team, context);
        if (_warmUp) WarmUpSteps.Run(group, MaxModelLen);
        return group;
    }

    /// <summary>Frees the packed weights and unmaps the files. All stages must have been disposed.</summary>
    public void Dispose()
    {
        if (_ownsTeam) _team.Dispose();
        _weights.Dispose();
        _alibi?.Dispose();
        _store.Dispose();
    }

    private static void CheckFast(ModelHostOptions options, ModelDirectory directory)
    {
        if (options.Quantization != WeightQuantization.None)
            throw new ArgumentException("bf16-products fast is about weights kept as BF16: serve with --quantization none, or leave it out.");
        if (ArtifactManifest.Read(directory.Path) is not null)
            throw new ArgumentException("bf16-products fast does not work with an artifact of 'furiosa-llm build': serve the model that it was built from.");
        // A level that was asked for is not chosen by what the processor has: the twin gives the same bits there.
        if (options.Kernels == KernelLevel.Auto) PairProbe.Require();
    }

    private static void CheckArtifact(ModelHostOptions options, WeightDtype dtype, WeightQuantization quantization, bool isCompressed)
    {
        if (options.Bf16Weights == Bf16Weights.Plain && isCompressed)
            throw new ArgumentException("bf16-weights plain was asked for, but the artifact holds compressed weights: leave the option out or build it again with it.");
        if (options.Quantization != WeightQuantization.None && options.Quantization != quantization)
            throw new ArgumentException($"quantization {WeightQuantizations.NameOf(options.Quantization)} was asked for, but the artifact was built with {WeightQuantizations.NameOf(quantization)}: leave the option out or build it again.");
        if (options.Dtype != WeightDtype.Auto && options.Dtype != dtype)
            throw new ArgumentException($"dtype {options.Dtype} was asked for, but the artifact was built with {dtype}: leave the option out or build it again.");
    }

    private static int CheckLength(int? wanted, ModelConfig config)
    {
        int length = wanted ?? config.MaxPositionEmbeddings, most = config.LongestSequence;
        if (length < 1 || length > most)
            throw new ArgumentException($"max-model-len {length} is out of range: the model was made for 1 to {most} tokens.");
        return length;
    }

    private void Check(StagePlacement placement, CacheSize size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.Blocks);
        if (Config.Recurrent is not null) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.States);
        if (_tensorParallel is { } packed && placement.Pes.Count != packed)
            throw new ArgumentException($"The artifact is packed for tp {packed}, not {placement.Pes.Count}: serve it with -tp {packed} or build it again.", nameof(placement));
        if (placement.Pes.Count is not (1 or 2 or 4 or 8))
            throw new ArgumentException($"A tensor-parallel group has {placement.Pes.Count} PEs: use 1, 2, 4 or 8.", nameof(placement));
        if (placement.StageCount < 1 || placement.StageCount > Config.LayerCount)
            throw new ArgumentException($"{placement.StageCount} stages for {Config.LayerCount} layers: use 1 to {Config.LayerCount}.", nameof(placement));
        if (placement.Stage < 0 || placement.Stage >= placement.StageCount)
            throw new ArgumentException($"Stage {placement.Stage} of {placement.StageCount} does not exist.", nameof(placement));
        var ranks = placement.LocalRanks;
        for (int i = 0; i < ranks.Count; i++)
        {
            if (ranks[i] < 0 || ranks[i] >= placement.Pes.Count || (i > 0 && ranks[i] <= ranks[i - 1]))
                throw new ArgumentException($"Local ranks [{string.Join(", ", ranks)}] must be ascending and below {placement.Pes.Count}.", nameof(placement));
        }

        if (ranks.Count == 0) throw new ArgumentException("A group needs at least one local rank.", nameof(placement));
        if (ranks.Count < placement.Pes.Count && placement.Link is null)
            throw new ArgumentException("A group that spans processes needs a link.", nameof(placement));
    }
}
