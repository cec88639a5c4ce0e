using System.Collections.Immutable;

namespace Furiosa.Actors.Exchange;

/// <summary>How this gateway answers the others, once it knows.</summary>
internal sealed class GatewayAnswers
{
    private volatile Func<ImmutableArray<byte>, Task<byte[]>>? _make;

    /// <summary>Answers a question; null before the gateway serves.</summary>
    public Func<ImmutableArray<byte>, Task<byte[]>>? Make
    {
        get => _make;
        set => _make = value;
    }
}
