using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Chooses a token's experts from its router logits.</summary>
internal static class ExpertRouter
{
    private const int MostOnStack = 1024;

    /// <summary>The experts of largest share, of equal ones the lower, in ascending order; then the shared expert, where there is one.</summary>
    /// <param name="logits">One for each expert, then the shared expert's gate.</param>
    /// <param name="corrections">One for each expert, added to its share for the choice; empty for none.</param>
    /// <param name="experts">The block.</param>
    /// <param name="chosen">Takes <see cref="ExpertConfig.Used"/> indices.</param>
    /// <param name="weights">Takes what each one's output is multiplied by.</param>
    public static void Choose(ReadOnlySpan<float> logits, ReadOnlySpan<float> corrections, ExpertConfig experts, Span<int> chosen, Span<float> weights)
    {
        var routed = chosen[..experts.PerToken];
        var own = logits[..experts.Count];
        if (experts.Spread > 0) BySpread(own, experts, routed, weights);
        else if (experts.Sigmoid || corrections.Length > 0 || experts.Groups > 1) ByShares(own, corrections, experts, routed, weights);
        else ByLogits(own, experts, routed, weights);
        if (experts.Scale != 1)
        {
            foreach (ref float weight in weights[..routed.Length]) weight *= experts.Scale;
        }

        if (!experts.HasShared) return;
        chosen[^1] = experts.Count;
        weights[^1] = experts.SharedGate ? Sigmoid(logits[experts.Count]) : 1f;
    }

    private static void ByLogits(ReadOnlySpan<float> logits, ExpertConfig experts, Span<int> routed, Span<float> weights)
    {
        Largest(logits, routed);
        float most = Most(logits), total = 0;
        for (int i = 0; i < routed.Length; i++) total += weights[i] = FloatMath.Exp(logits[routed[i]] - most);
        if (!experts.Normalized)
        {
            total = 0;
            foreach (float logit in logits) total += FloatMath.Exp(logit - most);
        }

        for (int i = 0; i < routed.Length; i++) weights[i] /= total;
    }

    // One after the other: the best of those that are left, by its share of a softmax over what of them is near it.
    private static void BySpread(ReadOnlySpan<float> logits, ExpertConfig experts, Span<int> routed, Span<float> weights)
    {
        Span<float> left = logits.Length <= MostOnStack ? stackalloc float[logits.Length] : new float[logits.Length];
        logits.CopyTo(left);
        for (int i = 0; i < routed.Length; i++)
        {
            var best = routed.Slice(i, 1);
            Largest(left, best);
            float most = left[best[0]], total = 0;
            for (int expert = 0; expert < left.Length; expert++)
            {
                if ((most - logits[expert]) / MathF.Max(MathF.Abs(logits[expert]), most) <= experts.Spread) total += FloatMath.Exp(left[expert] - most);
            }

            weights[i] = 1f / total;
            left[best[0]] = float.NegativeInfinity;
        }

        if (routed.Length == 2 && routed[0] > routed[1]) (routed[0], routed[1], weights[0], weights[1]) = (routed[1], routed[0], weights[1], weights[0]);
    }

    private static void ByShares(ReadOnlySpan<float> logits, ReadOnlySpan<float> corrections, ExpertConfig experts, Span<int> routed, Span<float> weights)
    {
        Span<float> shares = logits.Length <= MostOnStack ? stackalloc float[logits.Length] : new float[logits.Length];
        Span<float> ranks = logits.Length <= MostOnStack ? stackalloc float[logits.Length] : new float[logits.Length];
        Share(logits, experts, shares);
        // Shares that are not changed rank like logits, of which fewer are equal.
        (corrections.Length == 0 && experts.Groups == 1 ? logits : shares).CopyTo(ranks);
        for (int expert = 0; expert < corrections.Length; expert++) ranks[expert] += corrections[expert];
        if (experts.Groups > 1) KeepGroups(ranks, experts);
        Largest(ranks, routed);
        float total = 0;
        for (int i = 0; i < routed.Length; i++) total += weights[i] = shares[routed[i]];
        if (!experts.Normalized) return;
        total = MathF.Max(total, experts.LeastTotal) + experts.AddedTotal;
        for (int i = 0; i < routed.Length; i++) weights[i] /= total;
    }

    private static void Share(ReadOnlySpan<float> logits, ExpertConfig experts, Span<float> shares)
    {
        float most = Most(logits), total = 0;
        for (int expert = 0; expert < logits.Length; expert++)
            total += shares[expert] = experts.Sigmoid ? Sigmoid(logits[expert]) : FloatMath.Exp(logits[expert] - most);
        if (experts.Sigmoid) return;
        foreach (ref float share in shares) share /= total;
    }

    /// <summary>Ranks the experts of all but the best groups lowest.</summary>
    private static void KeepGroups(Span<float> ranks, ExpertConfig experts)
    {
        int size = experts.Count / experts.Groups;
        Span<float> groups = experts.Groups <= MostOnStack ? stackalloc float[experts.Groups] : new float[experts.Groups];
        Span<int> kept = experts.GroupsPerToken <= MostOnStack ? stackalloc int[experts.GroupsPerToken] : new int[experts.GroupsPerToken];
        for (int group = 0; group < groups.Length; group++) groups[group] = RankOf(ranks.Slice(group * size, size), experts.GroupsByTwo);
        Largest(groups, kept);
        for (int group = 0; group < groups.Length; group++)
        {
            if (!kept.Contains(group)) ranks.Slice(group * size, size).Fill(float.NegativeInfinity);
        }
    }

    private static float RankOf(ReadOnlySpan<float> ranks, bool byTwo)
    {
        float first = float.NegativeInfinity, second = float.NegativeInfinity;
        foreach (float rank in ranks)
        {
            if (rank > first) (first, second) = (rank, first);
            else if (rank > second) second = rank;
        }

        return byTwo && ranks.Length > 1 ? first + second : first;
    }

    private static float Most(ReadOnlySpan<float> logits)
    {
        float most = logits[0];
        foreach (float logit in logits) most = MathF.Max(most, logit);
        return most;
    }

    private static float Sigmoid(float x) => 1f / (1f + FloatMath.Exp(-x));

    private static void Largest(ReadOnlySpan<float> values, Span<int> chosen)
    {
        // Kept in ascending order of index; NaN counts as lowest, so that there are always enough.
        for (int count = 0; count < chosen.Length; count++)
        {
            int best = -1;
            for (int i = 0; i < values.Length; i++)
            {
                if (chosen[..count].Contains(i)) continue;
                if (best < 0 || values[i] > values[best] || (float.IsNaN(values[best]) && !float.IsNaN(values[i]))) best = i;
            }

            int place = count;
            for (; place > 0 && chosen[place - 1] > best; place--) chosen[place] = chosen[place - 1];
            chosen[place] = best;
        }
    }
}
