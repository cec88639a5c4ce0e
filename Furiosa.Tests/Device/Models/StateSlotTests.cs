using Furiosa.Device.Execution;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Execution;
using Furiosa.Tests.Device.Kernels;

namespace Furiosa.Tests.Device.Models;

/// <summary>
/// The slots that a step names: sequences part from one state, go on in place or elsewhere and mark rows on their way, in slices shorter and longer
/// than what a convolution reads. Whatever comes of it, the logits are those of a whole prompt.
/// </summary>
[TestFixture]
internal sealed class StateSlotTests
{
    private const int Slots = 8;
    private const int Length = 44;

    private static readonly int[][] Texts = [[.. Enumerable.Range(0, Length).Select(i => i * 29 % 83)], [.. Enumerable.Range(0, Length).Select(i => (i * 31 + 7) % 83)]];

    private static IEnumerable<TestCaseData> Cases() =>
        from model in new[]
        {
            ("qwen3.5", RecurrentDefinitions.Qwen35), ("qwen3-next", RecurrentDefinitions.Qwen3Next), ("granite", MambaDefinitions.Granite), ("bamba", MambaDefinitions.Bamba),
            ("nemotron", MambaDefinitions.Nemotron), ("nemotron, experts", MambaDefinitions.NemotronMoe), ("mamba2", MambaDefinitions.Mamba2),
            ("mamba2, longest convolution", MambaDefinitions.Mamba2.Replace("\"conv_kernel\":4", "\"conv_kernel\":16", StringComparison.Ordinal)),
            ("qwen3.5, shortest convolution", RecurrentDefinitions.Qwen35.Replace("\"linear_conv_kernel_dim\":4", "\"linear_conv_kernel_dim\":2", StringComparison.Ordinal)),
        }
        from quantization in new[] { WeightQuantization.None, WeightQuantization.Int8, WeightQuantization.Int4 }
        select new TestCaseData(model.Item2, quantization).SetArgDisplayNames(model.Item1, $"{quantization}");

    [TestCaseSource(nameof(Cases))]
    public void Logits_AnySlotsAndPieces_AreThoseOfTheWholeText(string config, WeightQuantization quantization)
    {
        using var model = new RandomCheckpoint(config);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path, Quantization = quantization });
        float[][][] expected;
        using (var whole = new ReplicaRunner(host, 1, 1)) expected = [.. Texts.Select(text => whole.Prefill(text))];
        foreach (var (tensorParallel, stages, seed) in new[] { (1, 1, 1), (4, host.Config.LayerCount, 2), (8, 2, 3), (8, host.Config.LayerCount, 4) })
        {
            using var runner = new ReplicaRunner(host, tensorParallel, stages);
            Run(runner, expected, new Random(seed), $"tp {tensorParallel}, pp {stages}");
        }
    }

    /// <summary>Heads that are normed together are in several processes.</summary>
    [TestCase(1)]
    [TestCase(4)]
    public void Logits_GroupSpansProcesses_AreThoseOfOnePlace(int groups)
    {
        using var model = new RandomCheckpoint(MambaDefinitions.Granite.Replace("\"mamba_n_groups\":1", $"\"mamba_n_groups\":{groups}", StringComparison.Ordinal));
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path });
        float[][] expected;
        using (var whole = new ReplicaRunner(host, 1, 1)) expected = whole.Prefill(Texts[0]);
        var meeting = new MemoryLink.Meeting(8, 2);
        using var first = new ReplicaRunner(host, 8, [0, 3, 4, 7], new MemoryLink(meeting, [0, 3, 4, 7]));
        using var second = new ReplicaRunner(host, 8, [1, 2, 5, 6], new MemoryLink(meeting, [1, 2, 5, 6]));

        var other = Task.Run(() => second.Prefill(Texts[0]));

        Bits.AssertEqual(first.Prefill(Texts[0]), expected, "one part");
        Bits.AssertEqual(other.GetAwaiter().GetResult(), expected, "the other");
    }

    // A text's keys and values stand in blocks of its own: whoever computes a position writes the same there.
    private static void Run(ReplicaRunner runner, float[][][] expected, Random random, string what)
    {
        var held = new (int Text, int Position)?[Slots];
        for (int step = 0; step < 40; step++)
        {
            int[] free = [.. Enumerable.Range(0, Slots)];
            random.Shuffle(free);
            var (next, read) = (new Queue<int>(free), new HashSet<int>());
            var (slices, kept) = (new List<(SequenceSlice Slice, int Text)>(), new List<(int Slot, int Text, int Position)>());
            for (int wanted = random.Next(1, 5); wanted > 0 && next.Count > 3; wanted--)
            {
                int from = random.Next(-1, Slots);
                if (from >= 0 && (held[from] is not { } state || state.Position == Length || kept.Exists(other => other.Slot == from))) continue;
                var (text, position) = from < 0 ? (random.Next(2), 0) : held[from]!.Value;
                bool inPlace = from >= 0 && !read.Contains(from) && random.Next(2) == 0;
                if (from >= 0) read.Add(from);
                int to = inPlace ? from : Take(), count = Math.Min(random.Next(3) == 0 ? random.Next(1, 20) : random.Next(1, 4), Length - position), marked = random.Next(2) == 0 ? random.Next(count) : 0;
                int mark = marked == 0 || to < 0 ? -1 : Take();
                if (to < 0) continue;
                kept.Add((to, text, position + count));
                if (mark >= 0) kept.Add((mark, text, position + marked));
                slices.Add((new SequenceSlice(slices.Count + 1, position, count, [3 * text, 3 * text + 1, 3 * text + 2]) { States = new(from, to, mark < 0 ? 0 : marked, mark) }, text));
            }

            if (slices.Count == 0) continue;
            int[] tokens = [.. slices.SelectMany(slice => Texts[slice.Text].Skip(slice.Slice.FirstPosition).Take(slice.Slice.Count))];
            float[][] wantedLogits = [.. slices.SelectMany(slice => expected[slice.Text].Skip(slice.Slice.FirstPosition).Take(slice.Slice.Count))];
            Bits.AssertEqual(runner.Step(tokens, [.. slices.Select(slice => slice.Slice)], [.. Enumerable.Range(0, tokens.Length).Select(ReplicaRunner.Greedy)]), wantedLogits, $"{what}, step {step}");
            foreach (var (slot, text, position) in kept) held[slot] = (text, position);

            // A slot that no slice of the step reads or writes.
            int Take()
            {
                while (next.TryDequeue(out int slot))
                {
                    if (!read.Contains(slot) && !kept.Exists(other => other.Slot == slot)) return slot;
                }

                return -1;
            }
        }
    }
}
