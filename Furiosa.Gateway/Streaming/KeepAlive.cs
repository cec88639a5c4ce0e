namespace Furiosa.Gateway.Streaming;

/// <summary>Breaks a stream's silence with comments, which clients skip, so that nobody between gives the connection up.</summary>
/// <param name="sse">The stream.</param>
/// <param name="interval">The longest silence.</param>
/// <param name="clock">What silence is measured by.</param>
internal sealed class KeepAlive(SseWriter sse, TimeSpan interval, TimeProvider clock)
{
    private long _last = clock.GetTimestamp();

    /// <summary>Something was sent.</summary>
    public void Note() => _last = clock.GetTimestamp();

    /// <summary>Waits for work, and sends comments meanwhile.</summary>
    public async ValueTask<T> WaitAsync<T>(ValueTask<T> work, CancellationToken clientGone)
    {
        if (work.IsCompleted) return await work;
        var task = work.AsTask();
        while (true)
        {
            try
            {
                var left = interval - clock.GetElapsedTime(_last);
                return await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, CancellationToken.None);
            }
            catch (TimeoutException) when (!task.IsCompleted)
            {
                sse.WriteComment();
                Note();
                await sse.FlushAsync(clientGone);
            }
        }
    }
}
