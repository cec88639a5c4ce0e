namespace Furiosa.Device.Kernels;

/// <summary>The nonlinearity of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>x / (1 + e^-x).</summary>
    Silu,

    /// <summary>x Φ(x) with the error function itself.</summary>
    Gelu,

    /// <summary>x Φ(x) by its tanh approximation: Hugging Face's <c>gelu_new</c>, <c>gelu_fast</c> and <c>gelu_pytorch_tanh</c>.</summary>
    GeluTanh,

    /// <summary>x / (1 + e^(-1.702 x)).</summary>
    QuickGelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>max(x, 0)².</summary>
    ReluSquared,

    /// <summary>gpt-oss: (clamp(up) + 1) * g / (1 + e^(-1.702 g)), g = min(gate, limit). Always gated.</summary>
    ClampedSwiglu,

    /// <summary>
    /// Apertus, with numbers of each layer: a x² + c x above zero, else (e^min(x, d) - 1 - x) b + c x. Never gated.
    /// </summary>
    Xielu,
}
