using System.Collections.Immutable;

namespace Furiosa.Device.Models;

/// <summary>
/// Layers that keep a state of fixed size instead of keys and values. Of each position a projection makes a query and a key for each group of heads,
/// a value, a gate and one or two numbers for each head. Queries, keys and values go through a short causal convolution, channel by channel, and a SiLU;
/// then each head's state [<see cref="StateDim"/>][<see cref="HeadDim"/>] takes up the key and value and is read by the query.
/// </summary>
/// <param name="Kind">How a state goes from one position to the next.</param>
/// <param name="Layers">One entry a layer: whether it has a state instead of attention.</param>
/// <param name="HeadCount">Heads, each with a state: value heads (linear attention), heads (Mamba 2).</param>
/// <param name="HeadDim">Elements of a head's value and output.</param>
/// <param name="GroupCount">Groups of heads that share a query and a key; divides <paramref name="HeadCount"/>, and neighbours form a group.</param>
/// <param name="StateDim">Elements of a query and of a key.</param>
/// <param name="ConvLength">Positions that the convolution reads, the own one included.</param>
public sealed record RecurrentConfig(
    RecurrentKind Kind, ImmutableArray<bool> Layers, int HeadCount, int HeadDim, int GroupCount, int StateDim, int ConvLength)
{
    /// <summary>The most positions of a convolution.</summary>
    public const int MostConvLength = 16;

    /// <summary>Whether the convolution has a bias for each channel.</summary>
    public bool ConvBias { get; init; }

    /// <summary>Whether the projections into and out of the heads have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>How heads' outputs are gated and normed.</summary>
    public RecurrentGate Gate => Kind == RecurrentKind.GatedDelta ? RecurrentGate.NormThenGate : RecurrentGate.GateThenNorm;

    /// <summary>The groups of <see cref="RecurrentGate.GateThenNorm"/>, whose heads are normed together; divides <see cref="HeadCount"/>.</summary>
    public int NormGroups { get; init; } = 1;

    /// <summary>Added to the mean square in that norm.</summary>
    public float NormEps { get; init; } = 1e-6f;

    /// <summary>The least and the largest time step, after the softplus (Mamba 2).</summary>
    public (float Least, float Most) TimeStep { get; init; } = (0, float.PositiveInfinity);

    /// <summary>Width of all heads.</summary>
    public int Width => HeadCount * HeadDim;

    /// <summary>Channels of the convolution: queries and keys of all groups, values of all heads.</summary>
    public int ConvWidth => 2 * GroupCount * StateDim + Width;
}

/// <summary>How a state goes from one position to the next.</summary>
public enum RecurrentKind
{
    /// <summary>
    /// Gated delta rule (Yang et al. 2024): S = exp(-exp(A) softplus(a + bias)) S; S += k (sigmoid(b) (v - S^T k))^T; y = S^T q,
    /// with keys and queries of length one, the latter over the root of their dimension.
    /// </summary>
    GatedDelta,

    /// <summary>Mamba 2 (Dao and Gu 2024): with t = softplus(dt + bias), S = exp(-exp(A) t) S + B (t x)^T; y = S^T C + D x; here B is the key, C the query, x the value.</summary>
    StateSpace,
}

/// <summary>How a head's output is gated by what the projection made for it, and normed.</summary>
public enum RecurrentGate
{
    /// <summary>Each head is normed (RMSNorm, weights for one head), then multiplied with the SiLU of its gate.</summary>
    NormThenGate,

    /// <summary>Multiplied with the SiLU of its gate, then groups of heads are normed together, every element with a weight of its own.</summary>
    GateThenNorm,
}
