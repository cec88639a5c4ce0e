using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>An event that waits for its reader; tokens of the same choice gather in it.</summary>
internal struct PendingEvent
{
    private GenerationEvent? _event; // null for a token by itself
    private PlainToken _token;
    private List<GeneratedToken>? _gathered;

    public PendingEvent(GenerationEvent what) => _event = what;

    public PendingEvent(PlainToken token) => _token = token;

    /// <summary>The choice whose tokens it holds; null for another event.</summary>
    private readonly int? Choice => _event is null ? _token.Choice : (_event as TokensGenerated)?.Choice;

    /// <summary>Adds later tokens of the same choice, which are no event of their own then.</summary>
    public bool TryGather(in PendingEvent later)
    {
        if (Choice is not { } choice || later.Choice != choice) return false;
        if (_gathered is null) AddTo(_gathered = []);
        later.AddTo(_gathered);
        (_event, _token) = (later._event, later._token);
        return true;
    }

    public readonly GenerationEvent ToEvent() =>
        _gathered is null ? _event ?? _token.ToEvent()
        : _event is TokensGenerated last ? last with { Tokens = [.. _gathered] }
        : new TokensGenerated(_token.Choice, [.. _gathered], null, null);

    private readonly void AddTo(List<GeneratedToken> tokens)
    {
        if (_event is TokensGenerated mine) tokens.AddRange(mine.Tokens.AsSpan());
        else tokens.Add(_token.ToToken());
    }
}
