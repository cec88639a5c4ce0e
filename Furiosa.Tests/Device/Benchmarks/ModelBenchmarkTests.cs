using Furiosa.Device.Benchmarks;

namespace Furiosa.Tests.Device.Benchmarks;

[TestFixture]
internal sealed class ModelBenchmarkTests
{
    [Test]
    public void Run_LongerThanTheModelWasMadeFor_IsRefusedByName()
    {
        using var model = SyntheticModel.Write("demo");
        var options = new BenchmarkOptions { ModelDirectory = model.Path, PromptTokens = 32_768, NewTokens = 1 };
        Assert.That(() => ModelBenchmark.Run(options), Throws.ArgumentException.With.Message.Contains("--prompt 32768 and --new-tokens 1"));
    }

    [Test]
    public void Run_OfRandomWeights_ReportsEveryPart()
    {
        string path;
        BenchmarkReport report;
        using (var model = SyntheticModel.Write("demo"))
        {
            path = model.Path;
            report = ModelBenchmark.Run(new BenchmarkOptions
            {
                ModelDirectory = path, Quantizations = ["none", "int8"], TensorParallel = 2, Bf16Weights = "plain",
                PromptTokens = 20, NewTokens = 2, Batches = [1, 3], Rounds = 2,
            });
        }

        Assert.That(Directory.Exists(path), Is.False, "the model is removed");
        Assert.That(report.Models.Select(model => model.Quantization), Is.EqualTo(new[] { "none", "int8" }));
        Assert.That(report.Ceilings.ReadGigabytes, Is.Positive);
        foreach (var model in report.Models)
        {
            Assert.That(model.Decodes.Select(work => work.Sequences), Is.EqualTo(new[] { 1, 3 }));
            foreach (var work in model.Decodes.Append(model.Prefill))
            {
                Assert.That(work.TokensPerSecond, Is.Positive.And.AtMost(work.BestTokensPerSecond));
                Assert.That(work.Gigamacs, Is.Positive);
                Assert.That(work.Shares.Products + work.Shares.Attention + work.Shares.Other, Is.EqualTo(1).Within(1e-6));
            }
        }

        // q, k, v, o, gate, up, down of a layer and the head: 1 1/16 bytes a weight against 2.
        const long Weights = 8L * (384 * 512 * 2 + 384 * 256 * 2 + 3 * 384 * 1024) + 8192 * 384;
        Assert.That(report.Models[0].WeightBytes, Is.EqualTo(2 * Weights));
        Assert.That(report.Models[1].WeightBytes, Is.EqualTo(Weights * 17 / 16));
    }

    [Test]
    public void Write_UnknownShape_NamesTheShapes() =>
        Assert.That(() => SyntheticModel.Write("7t"), Throws.ArgumentException.With.Message.Contains("160m"));
}
