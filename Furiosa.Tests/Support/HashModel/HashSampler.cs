using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Support.HashModel;

/// <summary>Answers sample requests from a state, with every field that decides bytes mixed in.</summary>
internal static class HashSampler
{
    public const int Vocabulary = 97;

    public static SampleAnswer Answer(SampleRequest request, ulong state) => request switch
    {
        DrawToken draw => Draw(draw, state),
        ScoreToken score => new(score.TokenId, HashMath.Logprob(state, score.TokenId), score.TopCount == 0 ? null : Best(state, score.TopCount, [])),
        RankCandidates rank => Rank(rank, state),
        _ => throw new NotSupportedException(request.GetType().Name),
    };

    private static SampleAnswer Draw(DrawToken draw, ulong state)
    {
        var options = draw.Options;
        var seen = Penalty(draw.PromptIds.Span, draw.GeneratedIds.Span);
        var key = options.Temperature == 0
            ? HashMath.Mix(state, seen)
            : HashMath.Mix(HashMath.Mix(state, seen), HashMath.Mix((ulong)options.Seed, HashMath.Mix((ulong)draw.Choice, (ulong)draw.Position)));
        var token = (int)(key % Vocabulary);
        while (draw.BannedIds.Span.Contains(token)) token = (token + 1) % Vocabulary;
        var top = options.TopLogprobs is > 0 and var count ? Best(state, count, draw.BannedIds.Span) : null;
        return new(token, HashMath.Logprob(state, token), top);
    }

    private static SampleAnswer Rank(RankCandidates rank, ulong state)
    {
        var best = Best(HashMath.Mix(state, Penalty(rank.PromptIds.Span, rank.GeneratedIds.Span)), rank.Count, rank.BannedIds.Span);
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
