namespace Furiosa.Gateway.Streaming;

/// <summary>Breaks a stream's silence with comments, which clients skip, so that nobody between gives the connection up.</summary>
/// <param name="sse">The stream.</param>
/// <param name="interval">The longest silence.</param>
/// <param name="clock">What silence is measured by.</param>
internal sealed class KeepAlive(SseWriter sse, TimeSpan interval, TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private long _last = clock.GetTimestamp();
    private Task? _alarm;

    /// <summary>Something was sent.</summary>
    public void Note() => _last = clock.GetTimestamp();

    /// <summary>Waits for work, and sends comments meanwhile. One alarm goes on over many waits, since most end long before it.</summary>
    public async ValueTask<T> WaitAsync<T>(ValueTask<T> work, CancellationToken clientGone)
    {
        if (work.IsCompleted) return await work;
        var task = work.AsTask();
        while (true)
        {
            _alarm ??= Task.Delay(Left(), clock, _ended.Token);
            if (await Task.WhenAny(task, _alarm) == task) return await task;
            _alarm = null;
            if (Left() > TimeSpan.Zero) continue;
            sse.WriteComment();
            Note();
            await sse.FlushAsync(clientGone);
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private TimeSpan Left()
    {
        var left = interval - clock.GetElapsedTime(_last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
