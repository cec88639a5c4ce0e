using System.Text.Json;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

/// <summary>Descriptions of models that are damaged or lie: the model opens or is refused in words, and takes no memory out of proportion.</summary>
public sealed class MutatedConfigurationTests
{
    private const long MostBytes = 256L << 20;

    [TestCase("config.json", 600)]
    [TestCase("generation_config.json", 200)]
    public void ModelDirectory_WithADamagedDescription_OpensOrIsRefused(string name, int files)
    {
        using var directory = Copy(Fixtures.Model("qwen3"));
        Run(directory.Path, name, files);
    }

    [TestCase("artifact.json", 200)]
    [TestCase("packed.json", 600)]
    public void Artifact_WithADamagedDescription_OpensOrIsRefused(string name, int files)
    {
        using var output = new TemporaryDirectory();
        var artifact = Directory.CreateDirectory(Path.Combine(output.Path, "artifact")).FullName;
        ArtifactBuilder.Build(new ArtifactOptions { Model = Fixtures.Model("qwen3"), Output = artifact, Name = "m", ProgramVersion = "1", Time = DateTimeOffset.UnixEpoch, TensorParallel = 1, Dtype = "bfloat16", ComputeThreads = 1 });
        Run(artifact, name, files);
    }

    [Test]
    public void ModelConfig_OfADamagedFamily_IsReadOrRefused()
    {
        int read = 0, refused = 0;
        foreach (var whole in LaterDefinitions.Cases().Concat(ShortConvDefinitions.Cases()).Concat(RecurrentDefinitions.Cases()).Concat(MambaDefinitions.Cases()).Select(data => (string)data.Arguments[0]!))
        {
            for (var seed = 0; seed < 60; seed++)
            {
                try
                {
                    // Python's word for what JSON has no number for is read as one.
                    using var damaged = JsonDocument.Parse(FileMutations.Json(whole.Replace("Infinity", "1e9999", StringComparison.Ordinal), new Random(seed)));
                    if (damaged.RootElement.ValueKind != JsonValueKind.Object) continue;
                    var config = ModelConfig.Parse(damaged.RootElement, "config.json");
                    foreach (var tensorParallel in new[] { 1, 8 }) StageSize.Of(config, 0, 1, tensorParallel, [.. Enumerable.Range(0, tensorParallel)]);
                    read++;
                }
                catch (Exception error) when (error is ModelFormatException or JsonException)
                {
                    refused++;
                }
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(read, Is.GreaterThan(100));
            Assert.That(refused, Is.GreaterThan(100));
        });
    }

    private static void Run(string model, string name, int files)
    {
        var path = Path.Combine(model, name);
        var whole = File.ReadAllText(path);
        var refused = 0;
        for (var seed = 0; seed < files; seed++)
        {
            var random = new Random(seed);
            File.WriteAllBytes(path, random.Next(5) == 0 ? FileMutations.Bytes(System.Text.Encoding.UTF8.GetBytes(whole), random) : FileMutations.Json(whole, random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model, ComputeThreads = 1 });
                host.Measure(1, 0, 1);
                if (name == "packed.json") host.CreateStage(new StagePlacement(0, 0, 1, [new(0, 0)], [0]), new(4)).Dispose();
            }
            catch (Exception error) when (error is ModelFormatException or ArgumentException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostBytes), $"seed {seed}");
        }

        Assert.That(refused, Is.GreaterThan(0));
    }

    private static TemporaryDirectory Copy(string model)
    {
        var directory = new TemporaryDirectory();
        foreach (var file in Directory.EnumerateFiles(model)) File.Copy(file, Path.Combine(directory.Path, Path.GetFileName(file)));
        return directory;
    }
}
