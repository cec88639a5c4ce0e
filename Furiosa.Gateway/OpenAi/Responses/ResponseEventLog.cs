namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>The events of one response as frames, for any number of readers, each from where it likes. Thread-safe.</summary>
internal sealed class ResponseEventLog
{
    private readonly Lock _lock = new();
    private readonly List<byte[]> _frames = [];
    private TaskCompletionSource _changed = New();
    private bool _ended;

    /// <summary>Bytes of all frames.</summary>
    public long Bytes { get; private set; }

    public void Add(byte[] frame) => Change(() =>
    {
        _frames.Add(frame);
        Bytes += frame.Length;
    });

    /// <summary>Nothing comes after what is there.</summary>
    public void End() => Change(() => _ended = true);

    /// <summary>The frames from a number on, as soon as there is one; none at the end.</summary>
    public async ValueTask<IReadOnlyList<byte[]>> ReadAsync(int first, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_frames.Count > first) return _frames[first..];
                if (_ended) return [];
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellation);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            (changed, _changed) = (_changed, New());
        }
        changed.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
