using System.Globalization;
using System.Net;
using System.Text;

namespace Furiosa.Gateway.LoadBench;

/// <summary>A run as one web page that needs nothing else: the figures and plots drawn as SVG, in light and dark.</summary>
internal static class HtmlReport
{
    private const int PlotWidth = 460;
    private const int PlotHeight = 180;
    private const int Margin = 36;
    private const int Bars = 40;
    private const int MostLines = 400;

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #6a737d; --line: #2f6fde; --back: #fff; --rule: #d8dee4 }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #8d96a0; --line: #6ea8fe; --back: #0d1117; --rule: #30363d } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
        pre { overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; padding: .6rem; font-size: clamp(9px, 2.7vw, 14px) }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem }
        figure { margin: 0 } figcaption { color: var(--soft) } svg { width: 100%; height: auto }
        rect, path.bar { fill: var(--line) } text { fill: var(--soft); font-size: 11px } .axis { stroke: var(--rule) } .span { stroke: var(--line); stroke-width: 1.5 } .wait { stroke: var(--soft); stroke-width: 1.5 }
        @media (min-width: 50rem) { .wide text { font-size: 6px } }
        """;

    public static string Write(LoadFigures figures, LoadOptions options, LoadOutcome outcome, DateTimeOffset now)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Serving benchmark</title><style>")
            .Append(Style).Append("</style><h1>Serving benchmark</h1><p>")
            .Append(Safe(string.Create(CultureInfo.InvariantCulture, $"{options.Model} at {options.BaseUrl}, {now:yyyy-MM-dd HH:mm}"))).Append("</p><pre>")
            .Append(Safe(LoadReport.Text(figures, options))).Append("</pre><p>How many (up) took how long (across); the slowest percent is in the last bar.</p><div class=\"plots\">");
        Histogram(page, "Time to first token (ms)", figures.TimeToFirstToken.Values);
        Histogram(page, "Time per output token (ms)", figures.TimePerToken.Values);
        Histogram(page, "Inter-token latency (ms)", figures.InterTokenLatency.Values);
        Histogram(page, "End-to-end latency (ms)", figures.Latency.Values);
        page.Append("</div>");
        Timeline(page, outcome);
        return page.Append("</html>").ToString();
    }

    private static void Histogram(StringBuilder page, string title, IReadOnlyList<double> sorted)
    {
        if (sorted.Count == 0) return;
        // The top percent would press all others into one bar.
        var (low, high) = (sorted[0], Math.Max(Spread.At(sorted, 99), sorted[0] + 1e-9));
        var counts = new int[Bars];
        foreach (var value in sorted) counts[Math.Min(Bars - 1, (int)((value - low) / (high - low) * Bars))]++;
        var most = counts.Max();
        Begin(page, title, PlotHeight);
        var width = (PlotWidth - (2.0 * Margin)) / Bars;
        for (var i = 0; i < Bars; i++)
        {
            var height = counts[i] / (double)most * (PlotHeight - (2 * Margin));
            Write(page, $"<rect x=\"{Margin + (i * width):F1}\" y=\"{PlotHeight - Margin - height:F1}\" width=\"{width - 1:F1}\" height=\"{height:F1}\"/>");
        }
        Write(page, $"<text x=\"{Margin}\" y=\"{PlotHeight - 18}\">{low:F1}</text><text x=\"{PlotWidth - Margin}\" y=\"{PlotHeight - 18}\" text-anchor=\"end\">{high:F1}</text>");
        Write(page, $"<text x=\"{Margin - 4}\" y=\"{Margin + 4}\" text-anchor=\"end\">{most}</text>");
        page.Append("</svg></figure>");
    }

    // A line for each request: waiting for its first token, then receiving.
    private static void Timeline(StringBuilder page, LoadOutcome outcome)
    {
        var results = outcome.Results.Take(MostLines).ToList();
        if (results.Count == 0 || outcome.Duration <= 0) return;
        var height = (2 * Margin) + (results.Count * 4);
        page.Append("<div class=\"wide\">");
        Begin(page, $"Requests over time (s): waiting, then receiving{(outcome.Results.Count > MostLines ? $"; the first {MostLines}" : "")}", height);
        for (var i = 0; i < results.Count; i++)
        {
            var (y, result) = (Margin + (i * 4), results[i]);
            Write(page, $"<line class=\"wait\" x1=\"{Place(result.Sent):F1}\" x2=\"{Place(result.FirstToken ?? result.Ended):F1}\" y1=\"{y}\" y2=\"{y}\"/>");
            if (result.FirstToken is { } first) Write(page, $"<line class=\"span\" x1=\"{Place(first):F1}\" x2=\"{Place(result.Ended):F1}\" y1=\"{y}\" y2=\"{y}\"/>");
        }
        Write(page, $"<text x=\"{Margin}\" y=\"{height - 14}\">0</text><text x=\"{PlotWidth - Margin}\" y=\"{height - 14}\" text-anchor=\"end\">{outcome.Duration:F1}</text>");
        page.Append("</svg></figure></div>");

        double Place(double time) => Margin + ((time - outcome.Began) / outcome.Duration * (PlotWidth - (2 * Margin)));
    }

    private static void Begin(StringBuilder page, string title, int height)
    {
        page.Append("<figure><figcaption>").Append(Safe(title)).Append("</figcaption>");
        Write(page, $"<svg viewBox=\"0 0 {PlotWidth} {height}\" role=\"img\" aria-label=\"{Safe(title)}\">");
        Write(page, $"<line class=\"axis\" x1=\"{Margin}\" x2=\"{PlotWidth - Margin}\" y1=\"{height - Margin}\" y2=\"{height - Margin}\"/>");
    }

    private static void Write(StringBuilder page, FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture));

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
