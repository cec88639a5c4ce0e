using Furiosa.Device.Execution;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Models whose BF16 weights are compressed in memory.</summary>
[TestFixture]
internal sealed class Bf16WeightsTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 41).Select(i => 3 + (i * 53 + 11) % 250)];

    [Test]
    public void Logits_OfTheBundledModel_AreOneAnswer() => FamilyNumericsTests.Check(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel }, Prompt);

    [TestCase(1)]
    [TestCase(4)]
    public void Logits_OfCompressedWeights_AreThoseOfPlainOnes(int tensorParallel)
    {
        var options = new ModelHostOptions { ModelDirectory = TestPaths.DemoModel };
        using var compressed = ReplicaRunner.Open(options, tensorParallel);
        using var plain = ReplicaRunner.Open(options with { Bf16Weights = Bf16Weights.Plain });

        Bits.AssertEqual(compressed.Prefill(Prompt), plain.Prefill(Prompt), "prompt");
        for (int i = 0; i < 5; i++) Bits.AssertEqual(compressed.Extend([Prompt[i]], Prompt.Length + i), plain.Extend([Prompt[i]], Prompt.Length + i), $"token {i}");
    }

    // As no model's are: every exponent as often as any other.
    [Test]
    public void Open_OfAMatrixThatCannotBeCompressed_KeepsItPlain()
    {
        using var model = new TinyModel("LlamaForCausalLM", hidden: 256, layers: 2, heads: 4, kvHeads: 2, headDim: 64, ffn: 320, vocab: 300);
        model.Change("model.layers.1.mlp.up_proj.weight", (value, i) => MathF.ScaleB(value, -(i * 37 % 100)));
        var options = new ModelHostOptions { ModelDirectory = model.Path, Dtype = WeightDtype.Bfloat16 };
        using var runner = ReplicaRunner.Open(options);
        using var plain = ReplicaRunner.Open(options with { Bf16Weights = Bf16Weights.Plain });
        var layer = runner.Stages[0].Context.Stage.Pes[0].Layers[1];

        Assert.That(layer.Mlp!.Up.Compression, Is.Null);
        Assert.That(layer.Mlp.Gate!.Compression is not null, Is.EqualTo(Bf16Weights.Auto.Compresses()));
        Bits.AssertEqual(runner.Prefill(Prompt), plain.Prefill(Prompt), "logits");
    }

    [TestCase("auto", Bf16Weights.Auto)]
    [TestCase("plain", Bf16Weights.Plain)]
    public void Parse_Name_IsThat(string name, Bf16Weights expected) => Assert.That(Bf16WeightsNames.Parse(name), Is.EqualTo(expected));

    [Test]
    public void Parse_OtherName_SaysWhatIsRight() => Assert.That(() => Bf16WeightsNames.Parse("small"), Throws.ArgumentException.With.Message.Contains("auto or plain"));
}
