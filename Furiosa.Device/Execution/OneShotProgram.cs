using System.Runtime.ExceptionServices;

namespace Furiosa.Device.Execution;

/// <summary>One phase whose end a caller waits for: packing and other work at start-up.</summary>
internal sealed class OneShotProgram(int items, Action<int, int> body) : TeamProgram, IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private bool _started;

    public override PhaseKind MoveNext(out int count)
    {
        bool ended = _started || Fault is not null;
        count = ended ? 0 : items;
        if (ended) return PhaseKind.End;
        _started = true;
        return PhaseKind.Items;
    }

    public override void Run(int worker, int item) => body(worker, item);

    public override void Complete() => _done.Set();

    /// <summary>Waits for the end and throws what an item threw.</summary>
    public void Join()
    {
        _done.Wait();
        if (Fault is not null) ExceptionDispatchInfo.Throw(Fault);
    }

    public void Dispose() => _done.Dispose();
}
