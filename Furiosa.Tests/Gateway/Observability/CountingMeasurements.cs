using System.Diagnostics;
using Furiosa.Actors.Observation;
using Furiosa.Device.Models;
using Furiosa.Gateway.Observability;
using Furiosa.Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>Prints what counting costs a step and a token, by itself. Figures for docs/benchmarks.md, not checks of speed.</summary>
[Explicit("A measurement")]
internal sealed class CountingMeasurements
{
    private const int Times = 200_000;

    // About as many as a step of the bundled model has: a dozen for each of its eight layers.
    private const int Phases = 100;

    [Test]
    public void Counting_OfStepsAndTokens_Costs()
    {
        var clock = new PhaseClock();
        Print("the clock of a step's phases", () =>
        {
            clock.Begin(1);
            for (var phase = 0; phase < Phases; phase++) clock.Enter(WorkKind.Product);
            clock.Enter(null);
        });
        var meter = new StepMeter();
        Print("the size of a step, and its time under way", () =>
        {
            meter.Begin(16);
            meter.End();
        });
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = new RequestMetrics(registry, new Families(registry, "model"), "model", 1, 2048, TimeProvider.System);
        using var observatory = new Observatory(TimeProvider.System, NullLoggerFactory.Instance);
        var record = new RequestRecord(observatory, "id", "chat", TimeProvider.System.GetUtcNow(), observatory.Now);
        var prompt = new PromptRecord("id", 32, 1);
        prompt.Start(observatory.Now, 0, 0);
        Print("a token at the gateway", () =>
        {
            var now = observatory.Now;
            metrics.AddTokens(record, prompt, 1, isFirst: false, prompt.Add(0, 1, now), now);
        });
    }

    private static void Print(string what, Action once)
    {
        for (var i = 0; i < Times / 10; i++) once();
        var least = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < Times; i++) once();
            least = Math.Min(least, Stopwatch.GetElapsedTime(began).TotalMicroseconds / Times);
        }
        TestContext.Progress.WriteLine($"{what}: {least:F2} µs");
    }
}
