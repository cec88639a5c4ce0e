using Furiosa.Device.Execution;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Device.Benchmarks;

/// <summary>Times the engine alone, without actors or HTTP, beside what the machine can do at most in the same rounds.</summary>
public static class ModelBenchmark
{
    /// <summary>Runs all ways to keep the weights in turn, round after round.</summary>
    /// <param name="options">What is run.</param>
    /// <param name="progress">Told of each part that begins; null for none.</param>
    /// <exception cref="ModelFormatException">The model cannot be opened.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static BenchmarkReport Run(BenchmarkOptions options, IProgress<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PromptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.NewTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Rounds, 1);
        foreach (string quantization in options.Quantizations) WeightQuantizations.Parse(quantization);
        var kept = KvCacheDtypes.Parse(options.KvCacheDtype);
        int longest = ModelConfig.Read(ModelDirectory.Open(options.ModelDirectory)).MaxPositionEmbeddings;
        long asked = options.PromptTokens + (long)options.NewTokens;
        if (asked > longest)
            throw new ArgumentException($"--prompt {options.PromptTokens} and --new-tokens {options.NewTokens} make sequences of {asked} tokens; the model was made for {longest}: lower one of them.");
        using var team = new ComputeTeam(options.Threads);
        using var probe = new MachineProbe(team);
        var models = new List<BenchmarkedModel>();
        try
        {
            foreach (var quantization in options.Quantizations)
            {
                progress?.Report($"loading, quantization {quantization}");
                models.Add(new BenchmarkedModel(options, quantization, team));
            }

            return Measure(options, models, probe, team.ThreadCount, progress) with { KvCacheDtype = kept.ToString().ToLowerInvariant() };
        }
        finally
        {
            foreach (var model in models) model.Dispose();
        }
    }

    private static BenchmarkReport Measure(
        BenchmarkOptions options, List<BenchmarkedModel> models, MachineProbe probe, int threads, IProgress<string>? progress)
    {
        var runs = models.Select(model => new ModelRuns(options, model)).ToArray();
        List<double> reads = [], floats = [], bytes = [];
        for (int round = 0; round <= options.Rounds; round++)
        {
            progress?.Report(round == 0 ? "warming up" : $"round {round} of {options.Rounds}");
            reads.Add(probe.Read());
            floats.Add(probe.Floats());
            bytes.Add(probe.Bytes());
            foreach (var run in runs) run.Round(probe, counts: round > 0);
        }

        var ceilings = new MachineCeilings(Statistics.Median(reads.Skip(1)), Statistics.Median(floats.Skip(1)), Statistics.Median(bytes.Skip(1)));
        var best = new MachineCeilings(reads.Max(), floats.Max(), bytes.Max());
        return new BenchmarkReport(threads, models[0].InstructionSet, ceilings, best, [.. runs.Select(run => run.Figures())]);
    }

    /// <summary>What one model did in each round.</summary>
    private sealed class ModelRuns(BenchmarkOptions options, BenchmarkedModel model)
    {
        private readonly List<double> _prefill = [];
        private readonly List<double>[] _decode = [.. options.Batches.Select(_ => new List<double>())];
        private readonly List<double>[] _ratios = [.. options.Batches.Select(_ => new List<double>())];
        private readonly TimeShares[] _shares = new TimeShares[options.Batches.Count + 1];

        public void Round(MachineProbe probe, bool counts)
        {
            double seconds = model.Prefill();
            if (counts) _prefill.Add(seconds);
            else model.ShareOutPrompt();
            _shares[0] = model.Shares();
            for (int i = 0; i < options.Batches.Count; i++)
            {
                double read = probe.Read(), decoded = model.Decode(options.Batches[i]);
                _shares[i + 1] = model.Shares();
                if (!counts) continue;
                _decode[i].Add(decoded);
                _ratios[i].Add(model.WeightBytes * (double)options.NewTokens / decoded / 1e9 / read);
            }
        }

        public ModelFigures Figures()
        {
            double prefill = Statistics.Median(_prefill);
            var first = new WorkFigures(
                1, options.PromptTokens / prefill, options.PromptTokens / _prefill.Min(), model.WeightBytes / prefill / 1e9,
                (options.PromptTokens * model.LayerProducts + model.HeadProducts) / prefill / 1e9, 0, _shares[0]);
            return new ModelFigures(model.Quantization, model.WeightBytes, model.LoadSeconds, first, [.. options.Batches.Select(Decoded)]);
        }

        private WorkFigures Decoded(int batch, int index)
        {
            double seconds = Statistics.Median(_decode[index]) / options.NewTokens;
            return new WorkFigures(
                batch, batch / seconds, batch * options.NewTokens / _decode[index].Min(), model.WeightBytes / seconds / 1e9, batch * (model.LayerProducts + model.HeadProducts) / seconds / 1e9,
                Statistics.Median(_ratios[index]), _shares[index + 1]);
        }
    }
}
