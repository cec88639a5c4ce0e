namespace Furiosa.Device.Models;

/// <summary>How weights kept as BF16 are multiplied.</summary>
public enum Bf16Products
{
    /// <summary>With rows as computed, in float.</summary>
    Exact,

    /// <summary>With rows rounded to BF16, two products at a time: faster where the processor has the instruction, and other answers.</summary>
    Fast,
}

/// <summary>Names of <see cref="Bf16Products"/>.</summary>
public static class Bf16ProductsNames
{
    /// <summary>Reads <c>exact</c> or <c>fast</c>.</summary>
    /// <param name="name">The word.</param>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static Bf16Products Parse(string name) => name switch
    {
        "exact" => Bf16Products.Exact,
        "fast" => Bf16Products.Fast,
        _ => throw new ArgumentException($"bf16-products '{name}' is not known: use exact or fast."),
    };
}
