using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Streams;

/// <summary>An event that waits for its reader; tokens of the same choice gather in it.</summary>
internal sealed class PendingEvent(GenerationEvent first)
{
    private GenerationEvent _event = first;
    private List<GeneratedToken>? _gathered;

    /// <summary>Adds later tokens of the same choice.</summary>
    public bool TryGather(TokensGenerated later)
    {
        if (_event is not TokensGenerated mine || mine.Choice != later.Choice) return false;
        _gathered ??= [.. mine.Tokens];
        _gathered.AddRange(later.Tokens.AsSpan());
        _event = later;
        return true;
    }

    public GenerationEvent ToEvent() =>
        _gathered is null ? _event : (TokensGenerated)_event with { Tokens = [.. _gathered] };
}
