using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Chooses a token's experts from its router logits.</summary>
internal static class ExpertRouter
{
    /// <summary>The experts of largest logits, of equal ones the lower, in ascending order; then the shared expert, where there is one.</summary>
    /// <param name="logits">One for each expert, then the shared expert's gate.</param>
    /// <param name="experts">The block.</param>
    /// <param name="chosen">Takes <see cref="ExpertConfig.Used"/> indices.</param>
    /// <param name="weights">Takes what each one's output is multiplied by.</param>
    public static void Choose(ReadOnlySpan<float> logits, ExpertConfig experts, Span<int> chosen, Span<float> weights)
    {
        var routed = chosen[..experts.PerToken];
        Largest(logits[..experts.Count], routed);
        float most = logits[0];
        foreach (float logit in logits[..experts.Count]) most = MathF.Max(most, logit);

        float total = 0;
        for (int i = 0; i < routed.Length; i++) total += weights[i] = FloatMath.Exp(logits[routed[i]] - most);
        if (!experts.Normalized)
        {
            total = 0;
            foreach (float logit in logits[..experts.Count]) total += FloatMath.Exp(logit - most);
        }

        for (int i = 0; i < routed.Length; i++) weights[i] /= total;
        if (experts.SharedWidth == 0) return;
        chosen[^1] = experts.Count;
        weights[^1] = experts.SharedGate ? 1f / (1f + FloatMath.Exp(-logits[experts.Count])) : 1f;
    }

    private static void Largest(ReadOnlySpan<float> logits, Span<int> chosen)
    {
        // Kept in ascending order of index; NaN counts as lowest, so that there are always enough.
        for (int count = 0; count < chosen.Length; count++)
        {
            int best = -1;
            for (int expert = 0; expert < logits.Length; expert++)
            {
                if (chosen[..count].Contains(expert)) continue;
                if (best < 0 || logits[expert] > logits[best] || (float.IsNaN(logits[best]) && !float.IsNaN(logits[expert]))) best = expert;
            }

            int place = count;
            for (; place > 0 && chosen[place - 1] > best; place--) chosen[place] = chosen[place - 1];
            chosen[place] = best;
        }
    }
}
