using Microsoft.Extensions.Logging.Console;

namespace Furiosa.Gateway.Logging;

/// <summary>The log of a process: to standard output, with levels that can change while it runs.</summary>
internal sealed class LogSetup : IDisposable
{
    private volatile LogLevels _levels;

    public LogSetup(LogOptions options)
    {
        _levels = options.Levels;
        Loggers = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Trace)
            // A start that fails is told by whoever asked for it, in one line; the host would log its whole stack as well.
            .AddFilter((category, level) => category != "Microsoft.Extensions.Hosting.Internal.Host" && _levels.Allows(category, level))
            .AddConsole(console => console.FormatterName = options.Json ? JsonLines.FormatterName : TextLines.FormatterName)
            .AddConsoleFormatter<TextLines, ConsoleFormatterOptions>()
            .AddConsoleFormatter<JsonLines, ConsoleFormatterOptions>());
    }

    public ILoggerFactory Loggers { get; }

    /// <summary>Changes what is logged from now on.</summary>
    public void SetLevels(LogLevels levels) => _levels = levels;

    public void Dispose() => Loggers.Dispose();
}
