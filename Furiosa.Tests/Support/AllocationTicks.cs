using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Furiosa.Tests.Support;

/// <summary>Which types a program allocates: the runtime names one object for about every 100 KB.</summary>
internal sealed class AllocationTicks : EventListener
{
    private const EventKeywords Gc = (EventKeywords)1;

    private readonly ConcurrentDictionary<string, long> _bytes = new();

    /// <summary>Bytes that each type stands for, most first.</summary>
    public IEnumerable<KeyValuePair<string, long>> Bytes => _bytes.OrderByDescending(pair => pair.Value);

    /// <summary>Forgets what there was.</summary>
    public void Clear() => _bytes.Clear();

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime") EnableEvents(eventSource, EventLevel.Verbose, Gc);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true) return;
        object? Field(string name) => eventData.Payload![eventData.PayloadNames!.IndexOf(name)];
        var bytes = Convert.ToInt64(Field("AllocationAmount64"), System.Globalization.CultureInfo.InvariantCulture);
        _bytes.AddOrUpdate((string)Field("TypeName")!, bytes, (_, sum) => sum + bytes);
    }
}
