using Furiosa.Device.Execution;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Execution;

/// <summary>Prints figures; run by name: <c>dotnet test -c Release --filter Name~Benchmark</c>.</summary>
[TestFixture]
[Explicit("Figures, not a test.")]
internal sealed class EngineBenchmarkTests
{
    [TestCase(1, 2, 1)]
    [TestCase(4, 2, 1)]
    [TestCase(8, 2, 1)]
    [TestCase(4, 1, 1)]
    [TestCase(4, 2, 16)]
    public void Benchmark_OfAModel_PrintsFigures(int tensorParallel, int threads, int batch) =>
        TestContext.Out.WriteLine(EngineBenchmark.Run(Model, tensorParallel, threads, batch: batch));

    /// <summary>The bundled model, or the directory in the environment variable <c>FURIOSA_BENCHMARK_MODEL</c>.</summary>
    private static string Model => Environment.GetEnvironmentVariable("FURIOSA_BENCHMARK_MODEL") is { Length: > 0 } directory ? directory : TestPaths.DemoModel;
}
