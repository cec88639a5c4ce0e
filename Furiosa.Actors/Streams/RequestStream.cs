using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>
/// Events of one request on their way from the gateway's actor to their reader. Writing never waits: while the reader is away, tokens of
/// a choice gather in one event, so that what is held is bounded by the request's own token limit. Exactly one terminal event passes.
/// </summary>
internal sealed class RequestStream
{
    private readonly Lock _lock = new();
    private readonly List<PendingEvent> _pending = [];
    private Action? _wake;
    private bool _readerWaits;
    private bool _ended;

    /// <summary>Whether a terminal event was added.</summary>
    public bool HasEnded
    {
        get { lock (_lock) return _ended; }
    }

    /// <summary>Called, from any thread, when something can be read after <see cref="TryRead"/> found nothing.</summary>
    public void OnReadable(Action wake)
    {
        lock (_lock) _wake = wake;
    }

    /// <summary>Adds an event; false when a terminal event was added before.</summary>
    public bool Offer(GenerationEvent what) => Offer(new PendingEvent(what), IsTerminal(what));

    /// <summary>Adds a token; false when a terminal event was added before.</summary>
    public bool Offer(PlainToken token) => Offer(new PendingEvent(token), isTerminal: false);

    /// <summary>The next event. When there is none the reader is woken once by the next one.</summary>
    public bool TryRead([NotNullWhen(true)] out GenerationEvent? what)
    {
        lock (_lock)
        {
            _readerWaits = _pending.Count == 0;
            what = _readerWaits ? null : _pending[0].ToEvent();
            if (!_readerWaits) _pending.RemoveAt(0);
            return what is not null;
        }
    }

    /// <summary>Whether nothing comes after this event.</summary>
    public static bool IsTerminal(GenerationEvent? what) => what is GenerationCompleted or GenerationFailed;

    private bool Offer(in PendingEvent what, bool isTerminal)
    {
        Action? wake = null;
        lock (_lock)
        {
            if (_ended) return false;
            _ended = isTerminal;
            if (!TryGather(what)) _pending.Add(what);
            if (_readerWaits) wake = _wake;
            _readerWaits = false;
        }
        wake?.Invoke();
        return true;
    }

    private bool TryGather(in PendingEvent later)
    {
        var pending = CollectionsMarshal.AsSpan(_pending);
        for (var i = pending.Length - 1; i >= 0; i--)
        {
            if (pending[i].TryGather(later)) return true;
        }
        return false;
    }
}
