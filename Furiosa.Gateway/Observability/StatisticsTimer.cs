using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability.Metrics;

namespace Furiosa.Gateway.Observability;

/// <summary>Once a second looks at the counters and adds a point to the history; every ten seconds has a line logged.</summary>
internal sealed class StatisticsTimer : IDisposable
{
    private const int SecondsPerLine = 10;
    private readonly Observatory _observatory;
    private readonly ServerMetrics _metrics;
    private readonly ServerState _state;
    private readonly StatisticsLine? _line;
    private readonly ITimer _timer;
    private (long At, long Prompt, long Generation, long Ended) _last;
    private int _ticks;
    private int _isRunning;

    public StatisticsTimer(Observatory observatory, ServerMetrics metrics, ServerState state, StatisticsLine? line)
    {
        (_observatory, _metrics, _state, _line) = (observatory, metrics, state, line);
        _last = Read();
        _timer = observatory.Clock.CreateTimer(_ => Tick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // A tick that comes while one is under way is left out.
        if (Interlocked.Exchange(ref _isRunning, 1) == 1) return;
        try
        {
            _metrics.Sample();
            var now = Read();
            _observatory.History.Add(Point(now, _observatory.Between(_last.At, now.At).TotalSeconds, _state.Runtime!.Picture, _state.Runtime.Summary));
            _last = now;
            if (++_ticks % SecondsPerLine == 0) _line?.Write();
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private HistoryPoint Point((long At, long Prompt, long Generation, long Ended) now, double seconds, RuntimePicture picture, RuntimeSummary summary)
    {
        var (all, used) = (picture.Replicas.Sum(replica => (double)replica.BlocksOf(summary)), picture.Replicas.Sum(replica => replica.UsedBlocksOf(summary)));
        return new HistoryPoint(
            _observatory.Clock.GetUtcNow(), (now.Prompt - _last.Prompt) / seconds, (now.Generation - _last.Generation) / seconds, (now.Ended - _last.Ended) / seconds,
            picture.Replicas.Sum(replica => replica.Running), picture.Replicas.Sum(replica => replica.Waiting) + _state.HeldBack, all == 0 ? 0 : used / all,
            _metrics.Requests.FirstTokenSeconds.Percentiles(.5, .99), _metrics.Requests.InterTokenSeconds.Percentiles(.5, .99));
    }

    private (long At, long Prompt, long Generation, long Ended) Read() =>
        (_observatory.Now, _metrics.Requests.PromptTokens, _metrics.Requests.GenerationTokens, _metrics.Requests.Ended);
}
