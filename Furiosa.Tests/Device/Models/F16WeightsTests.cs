using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;

namespace Furiosa.Tests.Device.Models;

/// <summary>Models of half precision are kept so, with the answers of floats.</summary>
[TestFixture]
internal sealed class F16WeightsTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 41).Select(i => 3 + (i * 53 + 11) % 250)];

    [Test]
    public void Logits_OfHalfPrecision_AreOneAnswer()
    {
        // Processing elements may keep their parts in different forms.
        foreach (float large in new[] { 0f, 300 })
        {
            using var model = Model(asHalves: true, large);
            FamilyNumericsTests.Check(new ModelHostOptions { ModelDirectory = model.Path }, Prompt);
        }
    }

    [Test]
    public void Logits_OfHalfPrecision_AreThoseOfFloats()
    {
        using TinyModel halves = Model(asHalves: true), floats = Model(asHalves: false);
        using ReplicaRunner runner = ReplicaRunner.Open(halves.Path), expected = ReplicaRunner.Open(floats.Path);

        Assert.That(LayerOf(runner).Mlp!.Up.Format, Is.EqualTo(WeightFormat.F16));
        Assert.That(LayerOf(expected).Mlp!.Up.Format, Is.EqualTo(WeightFormat.F32));
        Bits.AssertEqual(runner.Prefill(Prompt), expected.Prefill(Prompt), "logits");
    }

    // A weight that this form has no room for: the matrix is of floats.
    [Test]
    public void Logits_OfALargeWeight_AreThoseOfFloats()
    {
        using TinyModel halves = Model(asHalves: true, large: 300), floats = Model(asHalves: false, large: 300);
        using ReplicaRunner runner = ReplicaRunner.Open(halves.Path), expected = ReplicaRunner.Open(floats.Path);

        Assert.That(LayerOf(runner).Mlp!.Up.Format, Is.EqualTo(WeightFormat.F32));
        Assert.That(LayerOf(runner).Mlp!.Gate!.Format, Is.EqualTo(WeightFormat.F16));
        Bits.AssertEqual(runner.Prefill(Prompt), expected.Prefill(Prompt), "logits");
    }

    [Test]
    public void Open_FastProducts_SaysWhatToDo()
    {
        using var model = Model(asHalves: true);

        Assert.That(
            () => ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path, Bf16Products = Bf16Products.Fast, Kernels = KernelLevel.Vnni512 }),
            Throws.ArgumentException.With.Message.Contains("F16").And.Message.Contains("--dtype bfloat16"));
    }

    private static LayerShard LayerOf(ReplicaRunner runner) => runner.Stages[0].Context.Stage.Pes[0].Layers[0];

    internal static TinyModel Model(bool asHalves, float large = 0)
    {
        var model = new TinyModel("LlamaForCausalLM", hidden: 96, layers: 2, heads: 4, kvHeads: 2, headDim: 16, ffn: 100, vocab: 300) { AsHalves = asHalves };
        if (large > 0) model.Change("model.layers.0.mlp.up_proj.weight", (value, i) => i == 77 ? large : value);
        model.RoundToHalves();
        return model;
    }
}
