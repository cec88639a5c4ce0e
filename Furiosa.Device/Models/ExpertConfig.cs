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

    /// <summary>Whether an expert's share is the sigmoid of its own logit instead of a softmax over all.</summary>
    public bool Sigmoid { get; init; }

    /// <summary>Whether each expert has a learned number that is added to its share for the choice alone.</summary>
    public bool Correction { get; init; }

    /// <summary>
    /// Where above zero, two experts are chosen one after the other, and the weight of each is its share of a softmax over those that are
    /// not further from it than this, relative to the larger of both sizes (PhiMoE).
    /// </summary>
    public float Spread { get; init; }

    /// <summary>Groups of neighbouring experts, of which <see cref="GroupsPerToken"/> take part in the choice.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>How many groups a token's experts may be in.</summary>
    public int GroupsPerToken { get; init; } = 1;

    /// <summary>Whether groups are ranked by the sum of their best two experts instead of by their best.</summary>
    public bool GroupsByTwo { get; init; }

    /// <summary>Multiplies the weights of the chosen experts, last.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>What the chosen shares are divided by at least, where their weights are made to add up to one.</summary>
    public float LeastTotal { get; init; } = 1e-20f;

    /// <summary>What is added to what the chosen shares are divided by.</summary>
    public float AddedTotal { get; init; }

    /// <summary>Whether an expert's weight multiplies what it reads instead of what it gives.</summary>
    public bool ScalesInput { get; init; }

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

    /// <summary>Whether there is an expert that every token goes through.</summary>
    internal bool HasShared => SharedWidth > 0;

    /// <summary>Experts of a layer, the shared one, which comes last, included.</summary>
    internal int Total => Count + (HasShared ? 1 : 0);

    /// <summary>Experts that a token goes through, the shared one included.</summary>
    internal int Used => PerToken + (HasShared ? 1 : 0);

    /// <summary>The feed-forward width of an expert.</summary>
    internal int WidthOf(int expert) => expert < Count ? Width : SharedWidth;
}
