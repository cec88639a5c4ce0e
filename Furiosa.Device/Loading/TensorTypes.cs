using System.Collections.Frozen;

namespace Furiosa.Device.Loading;

/// <summary>Names and sizes of the element types.</summary>
public static class TensorTypes
{
    private static readonly FrozenDictionary<string, TensorType> ByName = new Dictionary<string, TensorType>
    {
        ["BOOL"] = TensorType.Bool,
        ["U8"] = TensorType.U8,
        ["I8"] = TensorType.I8,
        ["F8_E4M3"] = TensorType.F8E4M3,
        ["F8_E5M2"] = TensorType.F8E5M2,
        ["F8_E8M0"] = TensorType.F8E8M0,
        ["U16"] = TensorType.U16,
        ["I16"] = TensorType.I16,
        ["F16"] = TensorType.F16,
        ["BF16"] = TensorType.BF16,
        ["U32"] = TensorType.U32,
        ["I32"] = TensorType.I32,
        ["F32"] = TensorType.F32,
        ["U64"] = TensorType.U64,
        ["I64"] = TensorType.I64,
        ["F64"] = TensorType.F64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names a safetensors header may use, in alphabetical order.</summary>
    public static string Names { get; } = string.Join(", ", ByName.Keys.Order(StringComparer.Ordinal));

    /// <summary>Finds a type by the name the safetensors header uses, case matters.</summary>
    /// <param name="name">For example <c>BF16</c>.</param>
    /// <param name="type">The type, when known.</param>
    public static bool TryParse(string name, out TensorType type) => ByName.TryGetValue(name, out type);

    /// <summary>The name that a safetensors header uses for a type.</summary>
    /// <param name="type">The type.</param>
    public static string NameOf(TensorType type) => ByName.First(entry => entry.Value == type).Key;

    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The type.</param>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 or TensorType.F8E4M3 or TensorType.F8E5M2 or TensorType.F8E8M0 => 1,
        TensorType.U16 or TensorType.I16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.U32 or TensorType.I32 or TensorType.F32 => 4,
        _ => 8,
    };

    /// <summary>Whether weights of this type can be computed with: BF16, F16 and F32, each exactly representable as float.</summary>
    /// <param name="type">The type.</param>
    public static bool IsWeight(this TensorType type) => type is TensorType.BF16 or TensorType.F16 or TensorType.F32;
}
