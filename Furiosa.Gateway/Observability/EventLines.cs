using Furiosa.Actors.Observation;

namespace Furiosa.Gateway.Observability;

/// <summary>Logs what happens to nodes, replicas and requests, as the admin API lists it.</summary>
internal sealed partial class EventLines(ILoggerFactory loggers)
{
    private readonly ILogger _log = loggers.CreateLogger("runtime");

    public void Follow(RuntimeJournal journal)
    {
        foreach (var before in journal.After(0)) Write(before);
        journal.Added += Write;
    }

    private void Write(RuntimeEvent one)
    {
        var level = one.Kind is "group_lost" or "replica_failed" or "node_lost" ? LogLevel.Warning : LogLevel.Information;
        Log(_log, level, one.Kind, one.Message, one.Replica ?? -1, one.RequestId ?? "-");
    }

    [LoggerMessage(EventId = 1, Message = "{Kind}: {Text} replica={Replica} request={RuntimeRequestId}")]
    private static partial void Log(ILogger log, LogLevel level, string kind, string text, int replica, string runtimeRequestId);
}
