using System.Text.Json;
using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>The bundled model against the outputs recorded with it.</summary>
[TestFixture]
internal sealed class BundledModelTests
{
    private const double LogitTolerance = 2e-4;

    [Test]
    public void Logits_OfTheFirstPrompt_AreWithinTolerance()
    {
        using var golden = SafetensorsFile.Open(Path.Combine(TestPaths.DemoModel, "golden.safetensors"));
        int[] ids = [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(golden.Tensors["input_ids"].Bytes).ToArray().Select(id => (int)id)];
        using var runner = ReplicaRunner.Open(TestPaths.DemoModel, tensorParallel: 4);
        float[][] logits = runner.Prefill(ids);
        for (int row = 0; row < ids.Length; row++)
        {
            var expected = new float[golden.Tensors["logits"].ColumnCount];
            golden.Tensors["logits"].ReadRow(row, expected);
            double error = Math.Sqrt(logits[row].Zip(expected, (a, b) => Math.Pow((double)a - b, 2)).Sum() / expected.Sum(b => (double)b * b));
            Assert.That(error, Is.LessThan(LogitTolerance), $"row {row}");
        }
    }

    [Test]
    public void Greedy_OfEveryRecordedPrompt_GivesTheRecordedIds()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestPaths.DemoModel, "golden.json")));
        using var runner = ReplicaRunner.Open(TestPaths.DemoModel, tensorParallel: 4);
        foreach (var record in golden.RootElement.EnumerateArray())
        {
            int[] prompt = Ids(record, "prompt_ids"), expected = Ids(record, "output_ids");
            Assert.That(Generate(runner, prompt, expected.Length), Is.EqualTo(expected), record.GetProperty("prompt").GetString());
        }
    }

    [Test]
    public void Footprints_OverThePes_AddUpToTheModel([Values(1, 2, 4, 8)] int tensorParallel, [Values(1, 2)] int pipelineParallel, [Values] Bf16Weights room)
    {
        // q, k, v, o, gate, up, down of a layer and the tied head: two bytes each, or twelve bits and a header of 64 bytes for each block,
        // of 128 inputs by 32 outputs, but of 64 inputs where o begins anew for each head.
        const long Weights = 2 * (8L * (384 * 512 * 2 + 384 * 256 * 2 + 3 * 384 * 1024) + 8192 * 384);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, Bf16Weights = room });
        using var runner = new ReplicaRunner(host, tensorParallel, pipelineParallel, blocks: 10);
        var footprints = runner.Stages.SelectMany(stage => stage.Pes).Select(pe => pe.Footprint).ToArray();

        Assert.That(footprints.Sum(pe => pe.WeightBytes), Is.EqualTo(room.Compresses() ? (Weights / 2 * 3 / 2) + 64 * (Weights / 2 / 4096 + 8 * (384 / 32) * 4) : Weights));
        Assert.That(footprints.Sum(pe => pe.KvBytes), Is.EqualTo(10 * host.KvBytesPerBlock));
        Assert.That(host.KvBytesPerBlock, Is.EqualTo(8 * 4 * 2 * 64 * 16 * 4));
        Assert.That(footprints.Sum(pe => pe.QueryHeads), Is.EqualTo(8 * pipelineParallel));
        Assert.That(runner.Stages.Select(stage => stage.Pes[0].Footprint.LayerCount).Sum(), Is.EqualTo(8));
        Assert.That(runner.Stages.Sum(stage => stage.Context.Stage.SharedBytes), Is.EqualTo(host.SharedBytes));
    }

    internal static int[] Generate(ReplicaRunner runner, int[] prompt, int count)
    {
        var ids = new List<int>();
        var answer = runner.StepAll(prompt, [ReplicaRunner.Slice(1, 0, prompt.Length, 0)], [ReplicaRunner.Greedy(prompt.Length - 1)]).Result.Answers[0];
        while (true)
        {
            ids.Add(answer.Token);
            if (ids.Count == count) return [.. ids];
            int position = prompt.Length + ids.Count - 1;
            answer = runner.StepAll([ids[^1]], [ReplicaRunner.Slice(1, position, 1, 0)], [ReplicaRunner.Greedy(0)]).Result.Answers[0];
        }
    }

    internal static int[] Ids(JsonElement record, string name) => [.. record.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
