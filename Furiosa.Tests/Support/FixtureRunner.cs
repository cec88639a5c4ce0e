using System.Diagnostics;
using System.Xml.Linq;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Kernels.Rounded;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Furiosa.Tests.Support;

/// <summary>
/// Runs fixtures of this assembly in this process, without a test host: for a machine on which a test host takes too long to start,
/// such as an emulated processor (docs/recipes.md).
/// </summary>
internal sealed class FixtureRunner : ITestListener
{
    public const string Mode = "fixtures";

    private readonly Stopwatch _since = Stopwatch.StartNew();
    private int _passed;
    private int _failed;
    private int _skipped;

    /// <param name="names">
    /// Full names of fixtures, in the order in which they run: <c>Fixture</c>, <c>Fixture(Arguments)</c> or <c>Fixture/Test</c>.
    /// </param>
    /// <returns>0 where all passed and at least one ran.</returns>
    public static int Run(IReadOnlyList<string> names)
    {
        KernelLevel level = KernelSet.For(KernelLevel.Auto).Level;
        Console.WriteLine($"kernels: {level} ({KernelLevels.Describe(level)}), VNNI tiles: {VnniTiles.IsSupported}, BF16 tiles: {PairTiles.IsSupported}");
        FixtureRunner listener = new();
        foreach (string name in names) listener.RunOne(name);
        Console.WriteLine($"passed {listener._passed}, failed {listener._failed}, skipped {listener._skipped}, {listener._since.Elapsed.TotalSeconds:F0} s");
        return listener._failed == 0 && listener._passed > 0 ? 0 : 1;
    }

    public void TestFinished(ITestResult result)
    {
        if (result.Test.IsSuite) return;
        if (result.ResultState.Status == TestStatus.Passed) _passed++;
        else if (result.ResultState.Status == TestStatus.Skipped) _skipped++;
        else _failed++;
        Console.WriteLine($"{_since.Elapsed.TotalSeconds,7:F1} {result.ResultState.Status} {result.FullName} ({result.Duration:F1} s) {result.Message}");
    }

    public void TestStarted(ITest test)
    {
    }

    public void TestOutput(TestOutput output)
    {
    }

    public void SendMessage(TestMessage message)
    {
    }

    private void RunOne(string name)
    {
        string[] parts = name.Split('/');
        string type = parts[0].Split('(')[0];
        // Only this fixture is loaded: finding all tests of the assembly takes minutes where instructions are emulated.
        Dictionary<string, object> settings = new()
        {
            ["LOAD"] = new List<string> { type },
            ["NumberOfTestWorkers"] = 0,
        };
        NUnitTestAssemblyRunner runner = new(new DefaultTestAssemblyBuilder());
        runner.Load(typeof(FixtureRunner).Assembly, settings);
        XElement wanted = type == parts[0] ? new("class", type) : new("test", parts[0]);
        if (parts.Length > 1) wanted = new("and", wanted, new XElement("method", parts[1]));
        runner.Run(this, TestFilter.FromXml(new XElement("filter", wanted).ToString()));
    }
}
