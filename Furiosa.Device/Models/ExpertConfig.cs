using System.Collections.Immutable;

namespace Furiosa.Device.Models;

/// <summary>A feed-forward block made of experts, of which each token goes through a few.</summary>
public sealed record ExpertConfig
{
    /// <summary>Routed experts of a layer.</summary>
    public required int Count { get; init; }

    /// <summary>How many of them a token goes through.</summary>
    public required int PerToken { get; init; }

    /// <summary>Feed-forward width of a routed expert.</summary>
    public required int Width { get; init; }

    /// <summary>
    /// Whether the weights of the chosen experts are made to add up to one; otherwise they are their shares of the softmax over all.
    /// </summary>
    public required bool Normalized { get; init; }

    /// <summary>Feed-forward width of an expert that every token goes through; 0 for none.</summary>
    public int SharedWidth { get; init; }

    /// <summary>Whether the shared expert's output is multiplied by the sigmoid of a product of its own.</summary>
    public bool SharedGate { get; init; }

    /// <summary>Whether the router has a bias.</summary>
    public bool RouterBias { get; init; }

    /// <summary>Whether the experts' products have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>One entry a layer: whether it routes or has a dense block of <see cref="ModelConfig.IntermediateSize"/>.</summary>
    public required ImmutableArray<bool> Layers { get; init; }

    /// <summary>Experts of a layer, the shared one, which comes last, included.</summary>
    internal int Total => Count + (SharedWidth > 0 ? 1 : 0);

    /// <summary>Experts that a token goes through, the shared one included.</summary>
    internal int Used => PerToken + (SharedWidth > 0 ? 1 : 0);

    /// <summary>The feed-forward width of an expert.</summary>
    internal int WidthOf(int expert) => expert < Count ? Width : SharedWidth;
}
