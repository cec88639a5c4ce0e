using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Rounded;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>Models served with rows rounded to BF16.</summary>
[TestFixture]
internal sealed class Bf16ProductsTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 41).Select(i => 3 + (i * 53 + 11) % 250)];

    // The level of a machine that has the instruction; others use the twin there.
    private static ModelHostOptions Options(string directory) =>
        new() { ModelDirectory = directory, Dtype = WeightDtype.Bfloat16, Bf16Products = Bf16Products.Fast, Kernels = KernelLevel.Vnni512 };

    [Test]
    public void Logits_OfTheBundledModel_AreOneAnswer() => FamilyNumericsTests.Check(Options(TestPaths.DemoModel), Prompt);

    [TestCase("qwen3-moe")]
    [TestCase("gpt-oss")]
    [TestCase("gemma3")]
    public void Logits_OfOtherFamilies_AreOneAnswer(string model) => FamilyNumericsTests.Check(Options(TestPaths.RequireShared("conformance", "models", model)), Prompt);

    [Test]
    public void Logits_Fast_DifferFromExactOnes()
    {
        using var fast = ReplicaRunner.Open(Options(TestPaths.DemoModel));
        using var exact = ReplicaRunner.Open(Options(TestPaths.DemoModel) with { Bf16Products = Bf16Products.Exact });
        float[] left = fast.Prefill(Prompt)[^1], right = exact.Prefill(Prompt)[^1];

        Assert.That(left, Is.Not.EqualTo(right));
        Assert.That(left.Zip(right, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(1));
    }

    [Test]
    public void Open_FastOfQuantisedWeights_IsRefused() => Assert.That(
        () => ModelHost.Open(Options(TestPaths.DemoModel) with { Quantization = WeightQuantization.Int8 }),
        Throws.ArgumentException.With.Message.Contains("--quantization none"));

    [Test]
    public void Open_FastOfWeightsKeptAsFloat_IsRefused() => Assert.That(
        () => ModelHost.Open(Options(TestPaths.DemoModel) with { Dtype = WeightDtype.Float32 }),
        Throws.ArgumentException.With.Message.Contains("--dtype bfloat16"));

    [Test]
    public void Open_FastWithoutALevel_IsRefusedWhereTheProcessorCannot()
    {
        var options = Options(TestPaths.DemoModel) with { Kernels = KernelLevel.Auto };
        if (PairTiles.IsSupported) ModelHost.Open(options).Dispose();
        else Assert.That(() => ModelHost.Open(options), Throws.ArgumentException.With.Message.Contains("AVX-512 BF16"));
    }

    [TestCase("exact", Bf16Products.Exact)]
    [TestCase("fast", Bf16Products.Fast)]
    public void Parse_Name_IsThat(string name, Bf16Products expected) => Assert.That(Bf16ProductsNames.Parse(name), Is.EqualTo(expected));

    [Test]
    public void Parse_OtherName_SaysWhatIsRight() => Assert.That(() => Bf16ProductsNames.Parse("quick"), Throws.ArgumentException.With.Message.Contains("exact or fast"));
}
