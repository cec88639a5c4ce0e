using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Streaming;

/// <summary><c>best_of</c>: of each prompt's samples, those with the highest mean log-probability, best first.</summary>
internal static class BestOf
{
    public static IReadOnlyList<WholeChoice> Pick(IReadOnlyList<WholeChoice> sampled, GenerationSettings settings)
    {
        if (!settings.PicksBest) return sampled;
        return
        [
            .. sampled.Chunk(settings.SampleCount)
                .SelectMany(samples => samples.OrderByDescending(MeanLogprob).Take(settings.ChoiceCount)),
        ];
    }

    // The sort is stable, so that of equals the earlier sample wins.
    private static double MeanLogprob(WholeChoice choice) => choice.State.LogprobSum / Math.Max(1, choice.State.TokenCount);
}
