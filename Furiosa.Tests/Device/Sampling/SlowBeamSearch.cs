using Furiosa.Device.Sampling;

namespace Furiosa.Tests.Device.Sampling;

/// <summary>
/// The twin: beam search over whole rows of log-probabilities, with fixed slots that stand at minus a billion until they are
/// filled, as a tensor program does it.
/// </summary>
internal static class SlowBeamSearch
{
    private const double Nothing = -1e9;

    private sealed record Slot(int[] Ids, double Score, bool Ended);

    public static List<(int[] Ids, double Score)> Run(Func<IReadOnlyList<int>, float[]> model, BeamSearchOptions options)
    {
        var width = options.Width;
        var running = Enumerable.Range(0, width).Select(i => new Slot([], i == 0 ? 0 : Nothing, false)).ToList();
        var done = Enumerable.Range(0, width).Select(_ => new Slot([], Nothing, false)).ToList();
        for (var length = 1; ; length++)
        {
            var ranked = running.SelectMany((beam, index) => model(beam.Ids).Select((logprob, id) => (index, id, Sum: beam.Score + logprob)))
                .OrderByDescending(each => each.Sum).ThenBy(each => each.index).ThenBy(each => each.id).Take(Math.Max(2, 1 + options.EndTokenIds.Length) * width)
                .Select(each => new Slot([.. running[each.index].Ids, each.id], each.Sum, options.EndTokenIds.Contains(each.id) || length == options.MaxNewTokens)).ToList();

            running = [.. ranked.OrderByDescending(each => each.Score + (each.Ended ? Nothing : 0)).Take(width).Select(each => each with { Score = each.Score + (each.Ended ? Nothing : 0) })];
            var penalty = Math.Pow(length, options.LengthPenalty);
            var added = ranked.Select((each, rank) => each with { Ended = each.Ended && rank < width, Score = each.Score / penalty + (each.Ended && rank < width ? 0 : Nothing) });
            done = [.. done.Concat(added).OrderByDescending(each => each.Score).Take(width)];

            var reach = options is { EarlyStopping: BeamEarlyStopping.Never, LengthPenalty: > 0 } ? options.MaxNewTokens : length;
            var possible = running[0].Score / Math.Pow(reach, options.LengthPenalty);
            var improvable = done.Any(each => possible > (each.Ended ? done.Min(other => other.Score) : Nothing));
            var open = !(done.All(each => each.Ended) && options.EarlyStopping == BeamEarlyStopping.AtWidth);
            if (!improvable || !open || ranked.All(each => each.Ended)) return [.. done.Where(each => each.Ended).Select(each => (each.Ids, each.Score))];
            if (length >= options.MaxNewTokens) return [.. done.Where(each => each.Ended).Select(each => (each.Ids, each.Score))];
        }
    }
}
