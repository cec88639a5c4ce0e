using System.Globalization;
using Furiosa.Gateway.Cli;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Furiosa.Gateway.Logging;

/// <summary>One line of text for each entry, without colours: time, level, category, message.</summary>
internal sealed class TextLines() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "furiosa-text";

    // At a terminal a row of the start may stand open, which the next one replaces.
    private static readonly string Beginning = StartupConsole.IsRich() ? TerminalRow.Clear : "";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(Beginning);
        textWriter.Write(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write($" {LevelNames.Of(logEntry.LogLevel),-5} {logEntry.Category}: ");
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings("\\n"));
        textWriter.WriteLine();
        if (logEntry.Exception is { } error) textWriter.WriteLine(error.ToString());
    }
}
