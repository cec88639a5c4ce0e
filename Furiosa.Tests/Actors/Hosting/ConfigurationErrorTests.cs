using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Hosting;

internal sealed class ConfigurationErrorTests
{
    private static readonly RuntimeOptions Good = new() { ModelDirectory = TestPaths.DemoModel, KvCacheBytes = 64 << 20 };

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return new(Good with { TensorParallel = 3 }, "3");
        yield return new(Good with { Devices = "npu:x" }, "npu:x");
        yield return new(Good with { PipelineParallel = 9, TensorParallel = 1 }, "-pp 9");
        yield return new(Good with { MaxModelLen = 4096 }, "4096");
        yield return new(Good with { Dtype = "int3" }, "int3");
        yield return new(Good with { MaxNumBatchedTokens = 0 }, "--max-num-batched-tokens");
        yield return new(Good with { MaxConcurrency = -1 }, "--max-concurrency");
        yield return new(Good with { PromptLookupTokens = -1 }, "--prompt-lookup-num-tokens");
        yield return new(Good with { PromptLookupTokens = 65 }, "--prompt-lookup-num-tokens");
        yield return new(Good with { ComputeThreads = 0 }, "0");
        yield return new(Good with { AkkaHocon = "akka { loglevel = " }, "akka section");
    }

    [TestCaseSource(nameof(Bad))]
    public void StartAsync_BadOption_IsRefusedInOneLineThatNamesIt(RuntimeOptions options, string named) =>
        Assert.That(
            () => FuriosaRuntime.StartAsync(options),
            Throws.TypeOf<RuntimeConfigurationException>().With.Message.Contains(named).And.Message.Not.Contains("\n"));

    [Test]
    public void StartAsync_NoModelThere_LetsTheFaultOfTheFileThrough() =>
        Assert.That(
            () => FuriosaRuntime.StartAsync(Good with { ModelDirectory = Path.Combine(TestPaths.Root, "no-such-model") }),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("no-such-model"));

    [Test]
    public async Task StartAsync_Progress_TellsEveryPhaseInOrder()
    {
        var seen = new List<StartupProgress>();
        var progress = new Collector(seen);
        await using var runtime = await FuriosaRuntime.StartAsync(Good, progress);

        StartupPhase[] phases = [.. seen.Select(each => each.Phase)];
        Assert.That(phases, Is.Ordered);
        Assert.That(phases.Distinct(), Is.EqualTo(Enum.GetValues<StartupPhase>().Except([StartupPhase.Cluster])));
        Assert.That(runtime.Summary.Pes, Has.Count.EqualTo(4));
        Assert.That(runtime.Health.State, Is.EqualTo(RuntimeState.Serving));
    }

    private sealed class Collector(List<StartupProgress> seen) : IProgress<StartupProgress>
    {
        public void Report(StartupProgress value)
        {
            lock (seen) seen.Add(value);
        }
    }
}
