using System.Globalization;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability.Metrics;

namespace Furiosa.Gateway.Observability;

/// <summary>The line of each replica that operators of the reference know, while there is something to say.</summary>
internal sealed partial class StatisticsLine
{
    private readonly ILogger _log;
    private readonly ServerMetrics _metrics;
    private readonly ServerState _state;
    private readonly TimeProvider _clock;
    private readonly (long Prompt, long Generation)[] _last = new (long, long)[RequestMetrics.MostEngines];
    private readonly bool[] _wasActive = new bool[RequestMetrics.MostEngines];
    private long _at;

    public StatisticsLine(ILoggerFactory loggers, ServerMetrics metrics, ServerState state, TimeProvider clock)
    {
        (_log, _metrics, _state, _clock) = (loggers.CreateLogger("stats"), metrics, state, clock);
        _at = clock.GetTimestamp();
    }

    public void Write()
    {
        var now = _clock.GetTimestamp();
        var seconds = _clock.GetElapsedTime(_at, now).TotalSeconds;
        _at = now;
        foreach (var replica in _state.Runtime!.Picture.Replicas)
        {
            var engine = replica.Index;
            if (engine >= _last.Length) continue;
            var (prompt, generation) = (_metrics.Requests.PromptTokensOf(engine), _metrics.Requests.GenerationTokensOf(engine));
            var isActive = (prompt, generation) != _last[engine] || replica.Running + replica.Waiting > 0;
            // One line more after the last activity shows that it has ended; an idle server is silent.
            if (isActive || _wasActive[engine])
            {
                var blocks = replica.BlocksOf(_state.Runtime.Summary);
                var usage = blocks == 0 ? 0 : 100.0 * replica.UsedBlocksOf(_state.Runtime.Summary) / blocks;
                var (queries, hits) = (replica.Counters.PrefixQueries, replica.Counters.PrefixHits);
                Log(_log, engine, Show((prompt - _last[engine].Prompt) / seconds), Show((generation - _last[engine].Generation) / seconds),
                    replica.Running, replica.Waiting, Show(usage), Show(queries == 0 ? 0 : 100.0 * hits / queries));
            }
            _wasActive[engine] = isActive;
            _last[engine] = (prompt, generation);
        }
    }

    private static string Show(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
        "[Engine {Engine}] Avg prompt throughput: {PromptTokensPerSecond} tokens/s, Avg generation throughput: {GenerationTokensPerSecond} tokens/s, "
        + "Running: {Running} reqs, Waiting: {Waiting} reqs, RNGD KV cache usage: {KvCacheUsage}%, Prefix cache hit rate: {PrefixCacheHitRate}%")]
    private static partial void Log(
        ILogger log, int engine, string promptTokensPerSecond, string generationTokensPerSecond, int running, int waiting, string kvCacheUsage, string prefixCacheHitRate);
}
