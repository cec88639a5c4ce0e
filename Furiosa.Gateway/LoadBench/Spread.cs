namespace Furiosa.Gateway.LoadBench;

/// <summary>How values are spread, in milliseconds.</summary>
/// <param name="Mean">Their mean; 0 of none.</param>
/// <param name="Median">Their median.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="Percentiles">By percent.</param>
/// <param name="Values">All of them, ascending.</param>
internal sealed record Spread(double Mean, double Median, double Deviation, IReadOnlyList<(double Percent, double Value)> Percentiles, IReadOnlyList<double> Values)
{
    /// <summary>Of values in seconds; null ones do not count.</summary>
    public static Spread Of(IEnumerable<double?> seconds, IReadOnlyList<double> percents)
    {
        double[] values = [.. seconds.OfType<double>().Select(value => value * 1000).Order()];
        var mean = values.Length == 0 ? 0 : values.Average();
        var variance = values.Length == 0 ? 0 : values.Average(value => (value - mean) * (value - mean));
        return new Spread(mean, At(values, 50), Math.Sqrt(variance), [.. percents.Select(percent => (percent, At(values, percent)))], values);
    }

    /// <summary>A percentile by linear interpolation between neighbours, as numpy's default is.</summary>
    public static double At(IReadOnlyList<double> sorted, double percent)
    {
        if (sorted.Count == 0) return 0;
        var place = percent / 100 * (sorted.Count - 1);
        var low = (int)place;
        var high = Math.Min(low + 1, sorted.Count - 1);
        return sorted[low] + ((sorted[high] - sorted[low]) * (place - low));
    }
}
