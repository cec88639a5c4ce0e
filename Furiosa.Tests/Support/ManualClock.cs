namespace Furiosa.Tests.Support;

/// <summary>Time that goes on only when it is told to. Thread-safe.</summary>
internal class ManualClock : TimeProvider
{
    private long _ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public virtual void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
