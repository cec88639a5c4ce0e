using System.Text;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Sampling;

public sealed class BadWordFilterTests
{
    private static readonly byte[][] Vocabulary =
        [.. new[] { "", "a", "b", "ab", "ba", "aba", " a", "abb", "bab", "é", "c" }.Select(Encoding.UTF8.GetBytes), [0xC3], [0xA9]];

    /// <summary>The obvious twin: put the text together and look.</summary>
    [Test]
    public void Apply_RandomOutputs_BansExactlyWhatWouldCompleteAWord()
    {
        var filter = new BadWordFilter(Vocabulary);
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var words = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomWord(random)).ToArray();
            var output = new List<int>();
            for (var step = 0; step < 12; step++)
            {
                var row = new float[Vocabulary.Length];
                filter.Apply(row, words, [.. output]);
                var banned = Enumerable.Range(0, row.Length).Where(id => float.IsNegativeInfinity(row[id]));
                Assert.That(banned, Is.EqualTo(Enumerable.Range(0, row.Length).Where(id => Completes(output, id, words))), $"seed {seed}, step {step}");
                var left = Enumerable.Range(0, row.Length).Where(id => row[id] == 0).ToArray();
                if (left.Length == 0) break;
                output.Add(left[random.Next(left.Length)]);
            }
        }
    }

    [Test]
    public void Sample_AllowedIds_DrawsNoOther()
    {
        var options = new SamplingOptions { Temperature = 2, AllowedIds = [3, 5, 900], Seed = 4 };
        var drawn = Enumerable.Range(0, 200).Select(position => new Sampler().Sample(new float[10], options, 0, position, [], [], []).Id).ToList();

        Assert.That(drawn.Distinct().Order(), Is.EqualTo(new[] { 3, 5 }));
    }

    [Test]
    public void Sample_NothingIsLeft_TakesTheLowestAllowed()
    {
        var options = new SamplingOptions { AllowedIds = [5, 3] };

        Assert.That(new Sampler().Sample(new float[10], options, 0, 0, [], [], [3]).Id, Is.EqualTo(5));
        Assert.That(new Sampler().Sample(new float[10], options, 0, 0, [], [], [3, 5]).Id, Is.EqualTo(3));
    }

    [Test]
    public void Score_Rank_CountsTheTokensAtLeastAsLikely() =>
        Assert.That(new Sampler().Score([1, 3, 2, 3], 2, 0).Rank, Is.EqualTo(3));

    private static byte[] RandomWord(Random random) =>
        random.Next(6) == 0 ? Encoding.UTF8.GetBytes("é") : Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "ab"[random.Next(2)])));

    // New is a word that ends within the last token.
    private static bool Completes(List<int> output, int id, byte[][] words)
    {
        byte[] before = [.. output.SelectMany(token => Vocabulary[token])];
        byte[] text = [.. before, .. Vocabulary[id]];
        return words.Any(word => Enumerable.Range(0, text.Length).Any(start =>
            start + word.Length > before.Length && start + word.Length <= text.Length && text.AsSpan(start).StartsWith(word)));
    }
}
