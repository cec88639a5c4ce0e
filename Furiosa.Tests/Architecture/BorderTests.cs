using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Furiosa.Tests.Architecture;

/// <summary>Gateway speaks text, Actors speak token ids, Device speaks tensors; the arrow points one way. Read from the assemblies themselves.</summary>
[TestFixture]
public sealed class BorderTests
{
    private static readonly Assembly Device = typeof(Furiosa.Device.Execution.StepBatch).Assembly;
    private static readonly Assembly Actors = typeof(Furiosa.Actors.Protocol.GenerationRequest).Assembly;
    private static readonly Assembly Gateway = Assembly.Load("furiosa-llm");

    [Test]
    public void Device_References_OnlyTheFrameworkAndTheAssembler()
    {
        var foreign = AssembliesOf(Device).Where(name => !IsFramework(name) && name is not "Iced");

        Assert.That(foreign, Is.Empty);
    }

    [Test]
    public void Actors_References_OnlyDeviceAkkaAndTheFramework()
    {
        var foreign = AssembliesOf(Actors).Where(name =>
            !IsFramework(name) && !name.StartsWith("Akka", StringComparison.Ordinal) && name is not "Furiosa.Device");

        Assert.That(foreign, Is.Empty);
    }

    [Test]
    public void Device_Types_KnowNoHttp() =>
        Assert.That(TypesUsedBy(Device).Where(type => type.Namespace.StartsWith("System.Net.Http", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Actors_Types_KnowNoHttpJsonOrPatterns()
    {
        string[] banned = ["System.Net.Http", "System.Text.Json", "System.Text.RegularExpressions"];

        Assert.That(TypesUsedBy(Actors).Where(type => banned.Any(name => type.Namespace.StartsWith(name, StringComparison.Ordinal))), Is.Empty);
    }

    /// <summary>No type crosses two borders: what the gateway hears of comes from the actors; files of a model, artifacts and the bench of the bare device apart.</summary>
    [Test]
    public void Gateway_Types_UseOfDeviceOnlyLoadingArtifactsAndBenchmarks()
    {
        string[] allowed = ["Furiosa.Device.Loading", "Furiosa.Device.Artifacts", "Furiosa.Device.Benchmarks"];
        var used = TypesUsedBy(Gateway).Where(type => type.Assembly == "Furiosa.Device").ToList();

        Assert.That(used, Is.Not.Empty);
        Assert.That(used.Where(type => !allowed.Contains(type.Namespace)), Is.Empty);
    }

    private static IEnumerable<string> AssembliesOf(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static List<UsedType> TypesUsedBy(Assembly assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly.Location));
        var metadata = image.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Where(type => type.ResolutionScope.Kind == HandleKind.AssemblyReference)
            .Select(type => new UsedType(
                metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name),
                metadata.GetString(type.Namespace), metadata.GetString(type.Name)))];
    }

    private static bool IsFramework(string name) =>
        name is "netstandard" or "mscorlib" || name.StartsWith("System.", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);

    private sealed record UsedType(string Assembly, string Namespace, string Name);
}
