using System.Text.Json;
using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kv;
using Furiosa.Device.Models;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>What quantising costs in accuracy, on the bundled model and texts that it was not trained on.</summary>
[TestFixture]
internal sealed class QuantizationAccuracyTests
{
    private const int Stride = 4; // every fourth document: a hundred of them

    private static readonly List<int[]> Documents = ReadDocuments();

    private static readonly Lazy<double> Reference = new(() => Perplexity(WeightQuantization.None));

    [TestCase(WeightQuantization.Int8, KvCacheDtype.Float32, 0.01)]
    [TestCase(WeightQuantization.Int4, KvCacheDtype.Float32, 0.10)]
    [TestCase(WeightQuantization.Int4Pure, KvCacheDtype.Float32, 0.10)]
    [TestCase(WeightQuantization.None, KvCacheDtype.Bfloat16, 0.002)]
    [TestCase(WeightQuantization.None, KvCacheDtype.Int8, 0.01)]
    public void Perplexity_OfHeldOutTexts_RisesLittle(WeightQuantization quantization, KvCacheDtype cache, double most)
    {
        double perplexity = Perplexity(quantization, cache), rise = perplexity / Reference.Value - 1;
        TestContext.Out.WriteLine($"perplexity {Reference.Value:F4}, {quantization} with {cache} KV {perplexity:F4}: {rise:P3}");

        Assert.That(Reference.Value, Is.InRange(1, 50), "the model understands its texts");
        Assert.That(rise, Is.LessThan(most).And.Not.Zero);
    }

    [Test]
    public void Perplexity_WithRowsRoundedToBf16_RisesLittle()
    {
        // The twin, on a level that computes the same bits and is fast without AVX-512; some of the texts, since it is slow all the same.
        List<int[]> some = [.. Documents.Where((_, index) => index % 4 == 0)];
        using var exact = Open(WeightQuantization.None);
        using var runner = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, Bf16Products = Bf16Products.Fast, Kernels = KernelLevel.Vector256 });
        double reference = Perplexity(exact, some), perplexity = Perplexity(runner, some), rise = perplexity / reference - 1;
        TestContext.Out.WriteLine($"perplexity {reference:F4}, fast BF16 products {perplexity:F4}: {rise:P3}");

        Assert.That(rise, Is.LessThan(0.002).And.Not.Zero);
    }

    [Test]
    public void Greedy_ShortRecordedAnswersInInt8_AreUnchanged()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json")));
        using var runner = Open(WeightQuantization.Int8);
        int compared = 0;
        foreach (var record in golden.RootElement.EnumerateArray())
        {
            int[] expected = BundledModelTests.Ids(record, "output_ids");
            if (expected.Length > 20) continue;
            Assert.That(BundledModelTests.Generate(runner, BundledModelTests.Ids(record, "prompt_ids"), expected.Length), Is.EqualTo(expected), record.GetProperty("prompt").GetString());
            compared++;
        }

        Assert.That(compared, Is.GreaterThan(5));
    }

    private static ReplicaRunner Open(WeightQuantization quantization, KvCacheDtype cache = KvCacheDtype.Float32) =>
        ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, Quantization = quantization, KvCacheDtype = cache });

    private static List<int[]> ReadDocuments()
    {
        var tokenizer = TextTokenizer.Load(TestPaths.DemoModel);
        var documents = new List<int[]>();
        foreach (var (index, line) in File.ReadLines(Path.Combine(TestPaths.DemoModel, "heldout.jsonl")).Index())
        {
            using var json = JsonDocument.Parse(line);
            if (index % Stride == 0) documents.Add([.. tokenizer.Encode(json.RootElement.GetProperty("text").GetString()!, addSpecialTokens: false)]);
        }

        return documents;
    }

    private static double Perplexity(WeightQuantization quantization, KvCacheDtype cache = KvCacheDtype.Float32)
    {
        using var runner = Open(quantization, cache);
        return Perplexity(runner, Documents);
    }

    private static double Perplexity(ReplicaRunner runner, List<int[]> documents)
    {
        double sum = 0;
        long count = 0;
        foreach (int[] ids in documents)
        {
            float[][] logits = runner.Prefill(ids);
            for (int i = 0; i + 1 < ids.Length; i++, count++)
            {
                double most = logits[i].Max();
                sum += most + Math.Log(logits[i].Sum(logit => Math.Exp(logit - most))) - logits[i][ids[i + 1]];
            }
        }

        return Math.Exp(sum / count);
    }
}
