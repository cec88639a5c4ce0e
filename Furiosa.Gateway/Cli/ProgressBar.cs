using System.Globalization;

namespace Furiosa.Gateway.Cli;

/// <summary>One line that shows how far something is that takes over a second; it is gone when that is done.</summary>
/// <param name="output">The terminal.</param>
/// <param name="what">What is counted, in the plural.</param>
/// <param name="count">How many there are.</param>
/// <param name="time">Where time comes from.</param>
internal sealed class ProgressBar(TextWriter output, string what, int count, TimeProvider time) : IProgress<int>
{
    private const int Width = 24;
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);
    private readonly Lock _lock = new();
    private readonly long _began = time.GetTimestamp();
    private TimeSpan _shownAt;
    private int _done;

    /// <summary>On standard error, where a person watches it; else none.</summary>
    public static IProgress<int>? Start(string what, int count) =>
        Console.IsErrorRedirected || !StartupConsole.MayBeRich() ? null : new ProgressBar(Console.Error, what, count, TimeProvider.System);

    public void Report(int value)
    {
        lock (_lock)
        {
            // Those who report are many, and may overtake each other.
            _done = Math.Max(_done, value);
            var elapsed = time.GetElapsedTime(_began);
            if (_done >= count)
            {
                if (_shownAt > TimeSpan.Zero) output.Write(TerminalRow.Clear);
                _shownAt = TimeSpan.Zero;
            }
            else if (elapsed >= Unseen && elapsed - _shownAt >= Interval)
            {
                _shownAt = elapsed;
                output.Write(TerminalRow.Clear + TerminalRow.Fit(Line(elapsed), Console.WindowWidth));
            }
        }
    }

    private string Line(TimeSpan elapsed)
    {
        var (full, rate) = (_done * Width / count, _done / elapsed.TotalSeconds);
        var left = rate == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {rate:F1}/s, {(count - _done) / rate:F0} s left");
        return $"[{new string('#', full)}{new string('-', Width - full)}] {_done}/{count} {what}{left}";
    }
}
