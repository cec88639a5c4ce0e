namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>Upper ends of the histograms' buckets, as vLLM's and the reference's dashboards expect them.</summary>
internal static class Buckets
{
    public static readonly double[] FirstToken = [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560];
    public static readonly double[] PerToken = [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
    public static readonly double[] Request = [.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
    public static readonly double[] Choices = [1, 2, 5, 10, 20];

    public static readonly double[] ReferenceFirstToken = [.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];
    public static readonly double[] ReferencePerToken = [.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5];
    public static readonly double[] ReferenceRequest = [.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60];

    /// <summary>1, 2, 5, 10, 20, 50 and so on up to a limit.</summary>
    public static double[] Tokens(int limit)
    {
        var ends = new List<double>();
        for (var decade = 1L; ends.Count == 0 || ends[^1] < limit; decade *= 10)
            ends.AddRange(new[] { decade, 2 * decade, 5 * decade }.Where(end => end <= limit).Select(end => (double)end).DefaultIfEmpty(double.MaxValue));
        return [.. ends.Where(end => end < double.MaxValue).Distinct()];
    }
}
