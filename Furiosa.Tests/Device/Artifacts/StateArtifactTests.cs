using System.Runtime.InteropServices;
using Furiosa.Device.Execution;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Artifacts;

/// <summary>Artifacts of models whose layers keep states compute the same bits as the models, over a prompt and the tokens behind it.</summary>
public sealed class StateArtifactTests
{
    [Test]
    public void Logits_OfAnArtifact_AreTheModels([ValueSource(typeof(StateModels), nameof(StateModels.Names))] string name, [Values("none", "int8", "int4")] string quantization)
    {
        using var model = StateModels.Make(name);
        using var directory = new TemporaryDirectory();
        var artifact = BuiltArtifact.Of(model.Path, directory, tensorParallel: 2, quantization: quantization);
        int[] prompt = [.. Enumerable.Range(0, 37).Select(i => 100 + (i * 211 % 8000))];
        using var original = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, Quantization = WeightQuantizations.Parse(quantization) });
        using var packed = ReplicaRunner.Open(artifact, tensorParallel: 2, pipelineParallel: 2);

        Check(original.Prefill(prompt), packed.Prefill(prompt));
        Check(original.Extend([7], prompt.Length), packed.Extend([7], prompt.Length));
    }

    private static void Check(float[][] expected, float[][] actual)
    {
        for (var row = 0; row < expected.Length; row++)
        {
            Assert.That(expected[row], Has.All.Matches<float>(float.IsFinite));
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row}");
        }
    }
}
