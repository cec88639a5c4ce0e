using System.Diagnostics;
using System.Globalization;
using Furiosa.Gateway.Cli;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Hub;

/// <summary>Shows a download on standard error: a bar on a terminal, elsewhere a line when it begins and one when it is done.</summary>
internal sealed class HubConsole(TextWriter output, bool rich, string model) : IHubProgress
{
    private const int Width = 30;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;
    private long _total;
    private long _came;
    private int _files;

    public void Begin(string file, long? size)
    {
        lock (_lock)
        {
            if (_files++ == 0) output.WriteLine($"Fetching {model} ...");
            _total += size ?? 0;
        }
    }

    public void Add(string file, long bytes)
    {
        lock (_lock)
        {
            _came += bytes;
            if (!rich || (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Refresh)) return;
            _shown = Stopwatch.GetTimestamp();
            var part = _total > 0 ? Math.Min(1, (double)_came / _total) : 0;
            var bar = new string('#', (int)(part * Width)).PadRight(Width, '.');
            var speed = _came / Math.Max(0.1, Stopwatch.GetElapsedTime(_started).TotalSeconds);
            var row = string.Create(CultureInfo.InvariantCulture, $"  [{bar}] {part:P0} of {ByteSize.Show(_total)} in {_files} files, {ByteSize.Show((long)speed)}/s");
            output.Write(TerminalRow.Clear + TerminalRow.Fit(row, Console.WindowWidth));
            output.Flush();
        }
    }

    public void Done()
    {
        lock (_lock)
        {
            if (_files == 0) return;
            output.WriteLine($"{(rich ? TerminalRow.Clear : "")}Fetched {ByteSize.Show(_came)} in {_files} files.");
        }
    }

    public void Note(string text)
    {
        lock (_lock) output.WriteLine(text);
    }
}
