using System.Reflection;

namespace Furiosa.Tests.Architecture;

/// <summary>Gateway speaks text, Actors speak token ids, Device speaks tensors; the arrow points one way.</summary>
[TestFixture]
public sealed class BorderTests
{
    private static readonly Assembly Device = typeof(Furiosa.Device.Execution.StepBatch).Assembly;
    private static readonly Assembly Actors = typeof(Furiosa.Actors.Protocol.GenerationRequest).Assembly;

    [Test]
    public void Device_References_OnlyTheFrameworkAndTheAssembler()
    {
        var foreign = References(Device).Where(name => !IsFramework(name) && name is not "Iced");

        Assert.That(foreign, Is.Empty);
    }

    [Test]
    public void Actors_References_OnlyDeviceAkkaAndTheFramework()
    {
        var foreign = References(Actors).Where(name =>
            !IsFramework(name) && !name.StartsWith("Akka", StringComparison.Ordinal) && name is not "Furiosa.Device");

        Assert.That(foreign, Is.Empty);
    }

    [TestCase("Furiosa.Device")]
    [TestCase("Furiosa.Actors")]
    public void LowerProjects_Sources_KnowNoHttpJsonLibraryOrText(string project)
    {
        string[] banned = ["Newtonsoft", "Microsoft.AspNetCore", "System.Net.Http", "Microsoft.ML.Tokenizers", "Fluid"];
        var sources = SourceTree.Sources(project);

        var offenders =
            from file in sources
            from line in File.ReadLines(file)
            where line.StartsWith("using ", StringComparison.Ordinal) && banned.Any(word => line.Contains(word, StringComparison.Ordinal))
            select $"{Path.GetFileName(file)}: {line}";

        Assert.That(sources, Is.Not.Empty);
        Assert.That(offenders, Is.Empty);
    }

    /// <summary>No type crosses two borders: what the gateway hears of comes from the actors; files of a model and the bench of the bare device apart.</summary>
    [Test]
    public void Gateway_Sources_UseOfDeviceOnlyLoadingAndBenchmarks()
    {
        var offenders =
            from file in SourceTree.Sources("Furiosa.Gateway")
            from line in File.ReadLines(file)
            where line.Contains("Furiosa.Device.", StringComparison.Ordinal)
                && !line.Contains("Furiosa.Device.Loading", StringComparison.Ordinal)
                && !line.Contains("Furiosa.Device.Benchmarks", StringComparison.Ordinal)
            select $"{Path.GetFileName(file)}: {line.Trim()}";

        Assert.That(offenders, Is.Empty);
    }

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static bool IsFramework(string name) =>
        name is "netstandard" or "mscorlib" || name.StartsWith("System.", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
