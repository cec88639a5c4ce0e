using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Observability.Metrics;
using Furiosa.Gateway.Tracing;

namespace Furiosa.Gateway.Observability;

/// <summary>All that watches a server: its metrics, its requests, its recent past. Thread-safe.</summary>
internal sealed class Observatory(TimeProvider clock, ILoggerFactory loggers) : IDisposable
{
    private readonly RequestLines _lines = new(loggers);
    private readonly EventLines _events = new(loggers);
    private long _lastNumber;
    private ServerMetrics? _metrics;
    private StatisticsTimer? _timer;
    private DeviceLoads? _loads;

    public TimeProvider Clock => clock;

    public long Now => clock.GetTimestamp();

    public HttpMetrics Http { get; } = new();

    public RequestLog Requests { get; } = new();

    public History History { get; } = new();

    /// <summary>Null until the model is loaded.</summary>
    public ServerMetrics? Metrics => Volatile.Read(ref _metrics);

    /// <summary>The model is served from now on.</summary>
    /// <param name="state">The server.</param>
    /// <param name="model">The name that it is served under.</param>
    /// <param name="logStatistics">Whether a line is logged every ten seconds.</param>
    public void Begin(ServerState state, string model, bool logStatistics)
    {
        var runtime = state.Runtime!;
        _events.Follow(runtime.Journal);
        var metrics = new ServerMetrics(Http.Registry, model, state, clock);
        Volatile.Write(ref _metrics, metrics);
        _timer = new StatisticsTimer(this, metrics, state, logStatistics ? new StatisticsLine(loggers, metrics, state, clock) : null);
    }

    /// <summary>Devices work for clients of other nodes from now on: all that is watched here is how busy they are.</summary>
    public void BeginDevices(ServerState state) => _loads ??= new DeviceLoads(state, clock);

    /// <summary>Part of the last ten seconds that a processing element computed; null where that is not known here.</summary>
    /// <param name="pe">The element.</param>
    /// <param name="isHeard">Whether its work is reported to this process: then one that never reported has not computed yet.</param>
    public double? UtilizationOf(PePlace pe, bool isHeard) => (Metrics?.UtilizationOf(pe) ?? _loads?.UtilizationOf(pe)) ?? (isHeard ? 0 : null);

    /// <summary>Another runtime takes the place of one that has ended.</summary>
    public void Follow(IFuriosaRuntime runtime) => _events.Follow(runtime.Journal);

    /// <summary>A request has come.</summary>
    public RequestRecord Receive(HttpContext context, string endpoint)
    {
        var record = new RequestRecord(this, context.TraceIdentifier, endpoint, clock.GetUtcNow(), Now) 
        {
            Number = Interlocked.Increment(ref _lastNumber),
            Trace = RequestTracing.Begin(context, endpoint),
            Client = context.Features.Get<ClientKey>()?.Name,
        };
        Requests.Add(record);
        Metrics?.Requests.Receive();
        return record;
    }

    internal void Ended(RequestRecord record)
    {
        Requests.MoveToEnded(record);
        Metrics?.Requests.Finish(record);
        _lines.Write(record, this);
    }

    public TimeSpan Between(long from, long to) => clock.GetElapsedTime(from, to);

    public void Dispose()
    {
        _timer?.Dispose();
        _loads?.Dispose();
    }
}
