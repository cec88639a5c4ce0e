using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;

namespace Furiosa.Tests.Device.Models;

/// <summary>Models whose sizes divide by nothing equal plain loops to the bit at every tensor parallelism, shares uneven or empty.</summary>
[TestFixture]
internal sealed class OddModelTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 35).Select(i => i * 29 % 77)];

    [Test]
    public void Logits_FiveHeadsOfSixteen_EqualPlainLoops([Values(1, 2, 4, 8)] int tensorParallel, [Values] WeightDtype dtype)
    {
        using var model = new TinyModel("LlamaForCausalLM", hidden: 80, layers: 3, heads: 5, kvHeads: 5, headDim: 16, ffn: 100, vocab: 77, bias: true);
        Check(model, tensorParallel, dtype);
    }

    [Test]
    public void Logits_OneKvHeadForSevenOddHeads_EqualPlainLoops([Values(1, 2, 4, 8)] int tensorParallel)
    {
        using var model = new TinyModel("LlamaForCausalLM", hidden: 45, layers: 2, heads: 7, kvHeads: 1, headDim: 10, ffn: 33, vocab: 77, tied: true);
        Check(model, tensorParallel, WeightDtype.Auto);
    }

    [Test]
    public void Logits_TwelveHeadsOnThreeKvHeads_EqualPlainLoops([Values(1, 2, 4, 8)] int tensorParallel)
    {
        using var model = new TinyModel("MistralForCausalLM", hidden: 72, layers: 2, heads: 12, kvHeads: 3, headDim: 6, ffn: 300, vocab: 101, window: 9);
        Check(model, tensorParallel, WeightDtype.Bfloat16);
    }

    [Test]
    public void Logits_NormedHeads_EqualPlainLoops([Values(1, 8)] int tensorParallel, [Values(KernelLevel.Scalar, KernelLevel.Vector256, KernelLevel.Vector512)] KernelLevel level)
    {
        using var model = new TinyModel("Qwen3ForCausalLM", hidden: 40, layers: 2, heads: 6, kvHeads: 2, headDim: 20, ffn: 50, vocab: 90);
        Check(model, tensorParallel, WeightDtype.Auto, level);
    }

    [Test]
    public void Logits_QuantizedOddSizes_EqualPlainLoops(
        [Values(1, 2, 4, 8)] int tensorParallel, [Values(WeightQuantization.Int8, WeightQuantization.Int4)] WeightQuantization quantization)
    {
        using var model = new TinyModel("LlamaForCausalLM", hidden: 90, layers: 2, heads: 9, kvHeads: 3, headDim: 10, ffn: 300, vocab: 77, bias: true);
        float[][] expected = new TwinForward(model, values => values, quantization == WeightQuantization.Int8 ? 8 : 4).Logits(Prompt);
        using var runner = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = model.Path, Quantization = quantization }, tensorParallel);

        Bits.AssertEqual(runner.Prefill(Prompt), expected, "whole");
        Bits.AssertEqual(runner.Extend(Prompt[32..], 32), expected[32..], "on the cached first part");
    }

    private static void Check(TinyModel model, int tensorParallel, WeightDtype dtype, KernelLevel level = KernelLevel.Auto)
    {
        Func<float[], float[]> weight = dtype == WeightDtype.Bfloat16 ? TestValues.RoundedToBf16 : values => values;
        float[][] expected = new TwinForward(model, weight).Logits(Prompt);
        var options = new ModelHostOptions { ModelDirectory = model.Path, Dtype = dtype, Kernels = level };
        using var runner = ReplicaRunner.Open(options, tensorParallel);

        Bits.AssertEqual(runner.Prefill(Prompt), expected, "whole");
        Bits.AssertEqual(runner.Extend(Prompt[32..], 32), expected[32..], "on the cached first part");
    }
}
