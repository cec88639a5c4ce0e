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

    /// <summary>As <see cref="Int4"/>, the output head too.</summary>
    Int4Pure,
}

/// <summary>Names of <see cref="WeightQuantization"/>.</summary>
public static class WeightQuantizations
{
    /// <summary>The words of options, in the order of the values.</summary>
    public static IReadOnlyList<string> Names { get; } = ["none", "int8", "int4", "int4-pure"];

    /// <summary>Reads one of <see cref="Names"/>.</summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static WeightQuantization Parse(string name)
    {
        for (int i = 0; i < Names.Count; i++)
            if (Names[i] == name) return (WeightQuantization)i;
        throw new ArgumentException($"quantization '{name}' is not known: use one of {string.Join(", ", Names)}.");
    }

    /// <summary>The word for a value.</summary>
    public static string NameOf(WeightQuantization quantization) => Names[(int)quantization];
}
