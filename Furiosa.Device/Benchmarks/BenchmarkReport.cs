namespace Furiosa.Device.Benchmarks;

/// <summary>Medians of an engine benchmark.</summary>
/// <param name="Threads">Compute threads.</param>
/// <param name="InstructionSet">Instructions used.</param>
/// <param name="Ceilings">What the machine could do in the same rounds.</param>
/// <param name="BestCeilings">What it could do in the best of them.</param>
/// <param name="Models">One entry for each way to keep the weights.</param>
public sealed record BenchmarkReport(int Threads, string InstructionSet, MachineCeilings Ceilings, MachineCeilings BestCeilings, IReadOnlyList<ModelFigures> Models)
{
    /// <summary>How keys and values are kept.</summary>
    public string KvCacheDtype { get; init; } = "";
}

/// <summary>What plain loops over all threads reach.</summary>
/// <param name="ReadGigabytes">Gigabytes a second of reading memory.</param>
/// <param name="FloatGigamacs">Milliards of float multiply-adds a second.</param>
/// <param name="ByteGigamacs">Milliards of byte multiply-adds a second with dot-product instructions; 0 where there are none.</param>
public sealed record MachineCeilings(double ReadGigabytes, double FloatGigamacs, double ByteGigamacs);

/// <summary>One model's figures.</summary>
/// <param name="Quantization">How its weights are kept.</param>
/// <param name="WeightBytes">Packed weights, read once by a decode step.</param>
/// <param name="LoadSeconds">From opening to the first step, with packing.</param>
/// <param name="Prefill">The prompt in one step.</param>
/// <param name="Decodes">Each batch size.</param>
public sealed record ModelFigures(
    string Quantization, long WeightBytes, double LoadSeconds, WorkFigures Prefill, IReadOnlyList<WorkFigures> Decodes);

/// <summary>One kind of work.</summary>
/// <param name="Sequences">Sequences side by side.</param>
/// <param name="TokensPerSecond">Tokens of all sequences.</param>
/// <param name="BestTokensPerSecond">The best round: what a busy machine would do if nobody else were on it.</param>
/// <param name="Gigabytes">Weights read, in gigabytes a second.</param>
/// <param name="Gigamacs">Multiply-adds of the linear products, in milliards a second.</param>
/// <param name="OfRead"><paramref name="Gigabytes"/> over the plain read timed directly before: the median of the rounds' ratios.</param>
/// <param name="Shares">Where the time of the last round went.</param>
public sealed record WorkFigures(
    int Sequences, double TokensPerSecond, double BestTokensPerSecond, double Gigabytes, double Gigamacs, double OfRead,
    TimeShares Shares);

/// <summary>Parts of a step's time, from 0 to 1.</summary>
/// <param name="Products">Linear products.</param>
/// <param name="Attention">Attention over the KV cache.</param>
/// <param name="Other">Norms, rotation, quantising activations, sampling and the way in and out.</param>
public sealed record TimeShares(double Products, double Attention, double Other);
