using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>Answers sample requests from a state, with every field that decides bytes mixed in.</summary>
internal static class HashSampler
{
    public const int Vocabulary = 97;

    public static SampleAnswer Answer(RowSample sample, ulong state, int position) => sample.Request switch
    {
        DrawToken draw => Draw(draw, sample.GeneratedIds, state, position + 1),
        ScoreToken score => new(score.TokenId, HashMath.Logprob(state, score.TokenId), score.TopCount == 0 ? null : Best(state, score.TopCount, [])),
        RankCandidates rank => Rank(rank, sample.GeneratedIds, state),
        _ => throw new NotSupportedException(sample.Request.GetType().Name),
    };

    private static SampleAnswer Draw(DrawToken draw, ReadOnlySpan<int> generated, ulong state, int position)
    {
        var options = draw.Options;
        var seen = Penalty(draw.PromptIds.Span, generated);
        var key = options.Temperature == 0
            ? HashMath.Mix(state, seen)
            : HashMath.Mix(HashMath.Mix(state, seen), HashMath.Mix((ulong)options.Seed, HashMath.Mix((ulong)draw.Choice, (ulong)position)));
        var token = (int)(key % Vocabulary);
        // Of few ids the texts repeat themselves, so that guesses are right now and then.
        if (options.AllowedIds is { } allowed) token = allowed[key % (ulong)allowed.Length];
        while (draw.BannedIds.Span.Contains(token)) token = (token + 1) % Vocabulary;
        var top = options.TopLogprobs is > 0 and var count ? Best(state, count, draw.BannedIds.Span) : null;
        return new(token, HashMath.Logprob(state, token), top);
    }

    private static SampleAnswer Rank(RankCandidates rank, ReadOnlySpan<int> generated, ulong state)
    {
        var best = Best(HashMath.Mix(state, Penalty(rank.PromptIds.Span, generated)), rank.Count, rank.BannedIds.Span);
        return new(best[0].Id, best[0].Logprob, best);
    }

    private static TokenLogprob[] Best(ulong state, int count, ReadOnlySpan<int> banned)
    {
        var all = new List<TokenLogprob>(Vocabulary);
        for (var token = 0; token < Vocabulary; token++)
        {
            if (!banned.Contains(token)) all.Add(new(token, HashMath.Logprob(state, token)));
        }
        return [.. all.OrderByDescending(entry => entry.Logprob).ThenBy(entry => entry.Id).Take(count)];
    }

    private static ulong Penalty(ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated)
    {
        var sum = 0UL;
        foreach (var id in prompt) sum = HashMath.Mix(sum, (ulong)id);
        foreach (var id in generated) sum = HashMath.Mix(sum, (ulong)id + 1000);
        return sum;
    }
}
