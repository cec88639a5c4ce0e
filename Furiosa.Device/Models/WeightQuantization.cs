namespace Furiosa.Device.Models;

/// <summary>Whether the weights of linear products are quantised when a model is opened. Embeddings, norms and biases never are.</summary>
public enum WeightQuantization
{
    /// <summary>They are kept as <see cref="WeightDtype"/> says.</summary>
    None,

    /// <summary>A byte each, symmetric, with a half-precision scale for each group of 32 inputs; activations likewise per row.</summary>
    Int8,

    /// <summary>Half a byte each in the same groups; the output head as <see cref="Int8"/>, activations likewise.</summary>
    Int4,
}

/// <summary>Names of <see cref="WeightQuantization"/>.</summary>
public static class WeightQuantizations
{
    /// <summary>Reads <c>none</c>, <c>int8</c> or <c>int4</c>.</summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static WeightQuantization Parse(string name) => name switch
    {
        "none" => WeightQuantization.None,
        "int8" => WeightQuantization.Int8,
        "int4" => WeightQuantization.Int4,
        _ => throw new ArgumentException($"quantization '{name}' is not known: use none, int8 or int4."),
    };
}
