using System.Diagnostics;
using Furiosa.Device.Execution;
using Furiosa.Device.Kv;
using Furiosa.Device.Mesh;
using Furiosa.Device.Models;
using Furiosa.Device.Sampling;

namespace Furiosa.Device.Benchmarks;

/// <summary>One opened model whose steps are timed.</summary>
internal sealed class BenchmarkedModel : IDisposable
{
    private static readonly DrawToken Greedy = new(new SamplingOptions { Temperature = 0 }, 0, default, default);

    private readonly BenchmarkOptions _options;
    private readonly ModelHost _host;
    private readonly StageGroup _stage;
    private readonly int _blocksEach;
    private readonly int _promptState; // the slot of the state after the prompt, which decoding begins with
    private long _step;

    public BenchmarkedModel(BenchmarkOptions options, string quantization, ComputeTeam team)
    {
        _options = options;
        Quantization = quantization;
        long start = Stopwatch.GetTimestamp();
        _host = ModelHost.Open(new ModelHostOptions
        {
            ModelDirectory = options.ModelDirectory, ComputeTeam = team, Quantization = WeightQuantizations.Parse(quantization),
            Bf16Products = Bf16ProductsNames.Parse(options.Bf16Products), Bf16Weights = Bf16WeightsNames.Parse(options.Bf16Weights), KvCacheDtype = KvCacheDtypes.Parse(options.KvCacheDtype),
        });
        _blocksEach = (options.PromptTokens + options.NewTokens + 15) / 16;
        var pes = Enumerable.Range(0, options.TensorParallel).Select(pe => new PeId(0, pe)).ToArray();
        var placement = new StagePlacement(0, 0, 1, pes, [.. Enumerable.Range(0, pes.Length)]);
        _promptState = options.Batches.Append(1).Max();
        _stage = (StageGroup)_host.CreateStage(placement, new(_blocksEach * _promptState, _host.Config.Recurrent is null ? 0 : _promptState + 1));
        LoadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        WeightBytes = _stage.Pes.Sum(pe => pe.Footprint.WeightBytes);
    }

    public string Quantization { get; }

    public double LoadSeconds { get; }

    public long WeightBytes { get; }

    public string InstructionSet => _host.InstructionSet;

    /// <summary>Multiply-adds of a token's linear products in the layers.</summary>
    public double LayerProducts
    {
        get
        {
            var config = _host.Config;
            double attention = (2.0 * config.HeadCount + 2.0 * config.KvHeadCount) * config.HeadDim * config.HiddenSize, conv = 4.0 * config.QueryWidth * config.HiddenSize;
            double recurrent = config.Recurrent is { } states ? ((double)RecurrentShare.Of(states, 0, ChunkPartition.ChunkCount).Columns(states) + states.Width) * config.HiddenSize : 0;
            double feedForward = (config.GatedMlp ? 3.0 : 2.0) * config.HiddenSize * config.IntermediateSize;
            return Enumerable.Range(0, config.LayerCount).Sum(layer =>
                (config.IsRecurrent(layer) ? recurrent : config.IsConv(layer) ? conv : config.HasMixing(layer) ? attention : 0) + (config.HasFeedForward(layer) ? feedForward : 0));
        }
    }

    /// <summary>Multiply-adds of a sampled row's output head.</summary>
    public double HeadProducts => (double)_host.Config.HiddenSize * _host.Config.VocabSize;

    /// <summary>Seconds of one step over the whole prompt.</summary>
    public double Prefill()
    {
        int[] tokens = [.. Enumerable.Range(0, _options.PromptTokens).Select(Token)];
        return Time(() => Step(tokens, [Slice(0, 0, tokens.Length)]));
    }

    /// <summary>
    /// Gives every sequence the keys and values of the first one, whose prompt was computed: what was never written would be read from one page of zeros, out
    /// of the nearest cache.
    /// </summary>
    public void ShareOutPrompt()
    {
        var copies = from sequence in Enumerable.Range(1, _options.Batches.Append(1).Max() - 1)
                     from block in Enumerable.Range(0, _blocksEach)
                     select new BlockCopy(block, sequence * _blocksEach + block);
        Step([Token(0)], [Slice(0, _options.PromptTokens, 1)], [.. copies]);
    }

    /// <summary>Seconds of decoding the new tokens of some sequences side by side.</summary>
    public double Decode(int sequences) => Time(() =>
    {
        for (int t = 0; t < _options.NewTokens; t++)
        {
            int position = _options.PromptTokens + t;
            Step([.. Enumerable.Range(0, sequences).Select(s => Token(s + t))], [.. Enumerable.Range(0, sequences).Select(s => Slice(s, position, 1))]);
        }
    });

    /// <summary>Where the time since the last call of <see cref="Prefill"/> or <see cref="Decode"/> began went.</summary>
    public TimeShares Shares()
    {
        var clock = _stage.Context.Clock;
        double product = clock[WorkKind.Product], attention = clock[WorkKind.Attention];
        double other = clock[WorkKind.Other] + clock[WorkKind.Collective] + clock[WorkKind.Sampling], all = product + attention + other;
        return new TimeShares(product / all, attention / all, other / all);
    }

    public void Dispose()
    {
        _stage.Dispose();
        _host.Dispose();
    }

    private int Token(int i) => (int)((3 + i * 37L) % _host.Config.VocabSize);

    private SequenceSlice Slice(int sequence, int position, int count) =>
        new(sequence, position, count, [.. Enumerable.Range(sequence * _blocksEach, _blocksEach)])
        {
            States = position == 0 ? new(-1, _promptState, 0, -1) : new(position == _options.PromptTokens ? _promptState : sequence, sequence, 0, -1),
        };

    private double Time(Action work)
    {
        _stage.Context.Clock.Reset();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Step(int[] tokens, SequenceSlice[] slices, params BlockCopy[] copies)
    {
        int row = -1;
        RowSample[] samples = [.. slices.Select(slice => new RowSample(row += slice.Count, Greedy))];
        var step = new StageStep(new StepBatch { StepId = ++_step, TokenIds = tokens, Slices = slices, Samples = samples, Copies = copies }, null);
        using var done = new CountdownEvent(_stage.Pes.Count);
        string? fault = null;
        foreach (var pe in _stage.Pes)
        {
            pe.Execute(step, outcome =>
            {
                if (outcome.Fault is not null) fault = outcome.Fault;
                done.Signal();
            });
        }

        done.Wait();
        if (fault is not null) throw new InvalidOperationException(fault);
    }
}
