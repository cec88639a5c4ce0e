using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Health;

namespace Furiosa.Gateway.Cli;

/// <summary>
/// Shows the start: what is being done, then what each PE holds, the memory plan and the address. On a terminal a phase's progress
/// stays on one line; elsewhere each phase's begin and end are said.
/// </summary>
internal sealed class StartupConsole(TextWriter output, bool rich) : IProgress<StartupProgress>
{
    private const string Bold = "\u001b[1m";
    private const string Plain = "\u001b[0m";
    private readonly Lock _lock = new();
    private StartupPhase? _phase;
    private bool _lineIsOpen;

    /// <summary>Whether the output is a terminal that may be written over, and nobody has asked for plain text.</summary>
    public static bool IsRich() => !Console.IsOutputRedirected && MayBeRich();

    /// <summary>Whether terminals may be given colours and lines that change.</summary>
    public static bool MayBeRich() => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public void Begin(FuriosaSettings settings) => Line($"Furiosa {VersionEndpoint.Version} serves {settings.ServedModelName} from {Path.GetFullPath(settings.Runtime.ModelDirectory)}");

    public void Report(StartupProgress value) => Write(() =>
    {
        if (rich)
        {
            _lineIsOpen = true;
            output.Write(TerminalRow.Clear + TerminalRow.Fit($"  {value.Message} ({value.Fraction:P0})", Console.WindowWidth));
        }
        else if (value.Phase != _phase || value.Fraction >= 1)
        {
            output.WriteLine($"  {value.Message}");
        }
        _phase = value.Phase;
    });

    /// <summary>Shows the finished placement and where requests are taken.</summary>
    public void Report(RuntimeSummary summary, string address, string? adminAddress)
    {
        Report(summary);
        if (adminAddress is not null) Line($"Admin listener at {adminAddress} (--admin-port)");
        Line($"{(rich ? Bold : "")}Furiosa running on {address}{(rich ? Plain : "")} (Press CTRL+C to quit)");
    }

    /// <summary>Shows the finished placement; of a gateway without devices there is none.</summary>
    public void Report(RuntimeSummary summary)
    {
        foreach (var notice in summary.Notices) Line(notice);
        if (summary.Pes.Count == 0) return;
        foreach (var line in PlacementTable.Lines(summary)) Line(line);
        foreach (var line in MemoryReport.Lines(summary)) Line(line);
    }

    public void Line(string text) => Write(() =>
    {
        if (_lineIsOpen) output.Write(TerminalRow.Clear);
        _lineIsOpen = false;
        output.WriteLine(text);
        output.Flush();
    });

    // Where nothing can be written, on a full disk or when the reader has gone, the line is lost and the server goes on.
    private void Write(Action write)
    {
        lock (_lock)
        {
            try
            {
                write();
            }
            catch (IOException)
            {
                // There is nobody to tell.
            }
        }
    }
}
