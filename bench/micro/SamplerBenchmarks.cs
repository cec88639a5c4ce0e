using BenchmarkDotNet.Attributes;
using Furiosa.Device.Sampling;

namespace Furiosa.Benchmarks;

/// <summary>One row of logits, of the Llama 3 vocabulary's size.</summary>
public class SamplerBenchmarks
{
    private readonly float[] _logits = [.. Logits()];
    private readonly Sampler _sampler = new();
    private SamplingOptions _options = new();

    /// <summary>How the token is chosen.</summary>
    [Params("greedy", "temperature", "top-k 40", "top-p 0.9", "log-probabilities")]
    public string Way { get; set; } = "greedy";

    /// <summary>Reads the way.</summary>
    [GlobalSetup]
    public void Prepare() => _options = Way switch
    {
        "greedy" => new() { Temperature = 0 },
        "top-k 40" => new() { TopK = 40 },
        "top-p 0.9" => new() { TopP = 0.9f },
        "log-probabilities" => new() { Temperature = 0, TopLogprobs = 5 },
        _ => new(),
    };

    /// <summary>The draw.</summary>
    [Benchmark]
    public int Draw() => _sampler.Sample(_logits, _options, 0, 0, [], [], []).Id;

    private static IEnumerable<float> Logits()
    {
        var random = new Random(1);
        for (int id = 0; id < 128_256; id++) yield return (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 8;
    }
}
