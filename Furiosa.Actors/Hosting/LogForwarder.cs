using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Furiosa.Actors.Hosting;

/// <summary>Passes what Akka and the actors log on to the process's log, in the category <c>akka</c>, so that there is one log in one form.</summary>
internal sealed class LogForwarder : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <summary>The settings that put it in the place of Akka's own loggers.</summary>
    public const string Hocon = """
        akka {
          loggers = ["Furiosa.Actors.Hosting.LogForwarder, Furiosa.Actors"]
          stdout-loglevel = OFF
        }
        """;

    private readonly ILogger _log = Context.System.Settings.Setup.Get<Target>().Value.Loggers.CreateLogger("akka");
    private readonly RepeatedLines _repeated = new(most: 20, TimeSpan.FromSeconds(30));

    public LogForwarder()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Pass);
    }

    private void Pass(LogEvent what)
    {
        var line = RemotingLines.Of(what.LogLevel(), what.Message.ToString() ?? "", what.Cause);
        var level = LevelOf(line.Level);
        var text = level == LogLevel.Warning ? _repeated.Take(line.Text, TimeSpan.FromMilliseconds(Environment.TickCount64)) : line.Text;
        if (text is not null) _log.Log(level, line.Cause, "{Message} ({Source})", text, what.LogSource);
    }

    private static LogLevel LevelOf(Akka.Event.LogLevel level) => level switch
    {
        Akka.Event.LogLevel.ErrorLevel => LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    /// <summary>Where it goes, for the actor system that is being made.</summary>
    internal sealed class Target(ILoggerFactory loggers) : Setup
    {
        public ILoggerFactory Loggers => loggers;
    }
}
