namespace Furiosa.Device.Loading.Gguf;

/// <summary>The types of GGUF tensors that can be read, by their numbers in the file.</summary>
public enum GgufTensorType
{
    /// <summary>IEEE single precision.</summary>
    F32 = 0,
    /// <summary>IEEE half precision.</summary>
    F16 = 1,
    /// <summary>32 codes of 4 bits around 8, a half-precision scale.</summary>
    Q4_0 = 2,
    /// <summary>32 codes of 4 bits, a half-precision scale and offset.</summary>
    Q4_1 = 3,
    /// <summary>32 codes of 5 bits around 16, a half-precision scale.</summary>
    Q5_0 = 6,
    /// <summary>32 codes of 5 bits, a half-precision scale and offset.</summary>
    Q5_1 = 7,
    /// <summary>32 signed bytes, a half-precision scale.</summary>
    Q8_0 = 8,
    /// <summary>256 codes of 2 bits; sixteen groups with 4-bit scales and offsets of half-precision units.</summary>
    Q2_K = 10,
    /// <summary>256 codes of 3 bits; sixteen groups with 6-bit scales.</summary>
    Q3_K = 11,
    /// <summary>256 codes of 4 bits; eight groups with 6-bit scales and offsets.</summary>
    Q4_K = 12,
    /// <summary>256 codes of 5 bits; eight groups with 6-bit scales and offsets.</summary>
    Q5_K = 13,
    /// <summary>256 codes of 6 bits around 32; sixteen groups with 8-bit scales.</summary>
    Q6_K = 14,
    /// <summary>32 places in a table of sixteen values, a half-precision scale.</summary>
    IQ4_NL = 20,
    /// <summary>256 places in a table of sixteen values; eight groups with 6-bit scales.</summary>
    IQ4_XS = 23,
    /// <summary>bfloat16.</summary>
    BF16 = 30,
    /// <summary>32 floats of 4 bits, a power of two as scale.</summary>
    MXFP4 = 39,
}

/// <summary>Sizes of GGUF's tensor types.</summary>
internal static class GgufTensorTypes
{
    private static readonly Dictionary<int, string> Unread = new()
    {
        [9] = "Q8_1", [15] = "Q8_K", [16] = "IQ2_XXS", [17] = "IQ2_XS", [18] = "IQ3_XXS", [19] = "IQ1_S", [21] = "IQ3_S", [22] = "IQ2_S",
        [24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64", [29] = "IQ1_M", [34] = "TQ1_0", [35] = "TQ2_0", [40] = "NVFP4",
    };

    /// <summary>The names of all types that can be read.</summary>
    public static string Names { get; } = string.Join(", ", Enum.GetNames<GgufTensorType>());

    /// <summary>A type's name from its number.</summary>
    public static string NameOf(int number) =>
        Enum.IsDefined((GgufTensorType)number) ? ((GgufTensorType)number).ToString() : Unread.TryGetValue(number, out var name) ? name : $"number {number}";

    /// <summary>Elements and bytes of one block.</summary>
    public static (int Elements, int Bytes) Block(this GgufTensorType type) => type switch
    {
        GgufTensorType.F32 => (1, 4),
        GgufTensorType.F16 or GgufTensorType.BF16 => (1, 2),
        GgufTensorType.Q4_0 or GgufTensorType.IQ4_NL => (32, 18),
        GgufTensorType.Q4_1 => (32, 20),
        GgufTensorType.Q5_0 => (32, 22),
        GgufTensorType.Q5_1 => (32, 24),
        GgufTensorType.Q8_0 => (32, 34),
        GgufTensorType.MXFP4 => (32, 17),
        GgufTensorType.Q2_K => (256, 84),
        GgufTensorType.Q3_K => (256, 110),
        GgufTensorType.Q4_K => (256, 144),
        GgufTensorType.Q5_K => (256, 176),
        GgufTensorType.Q6_K => (256, 210),
        GgufTensorType.IQ4_XS => (256, 136),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The plain type that stores the same bytes, or null for types made of blocks.</summary>
    public static TensorType? Plain(this GgufTensorType type) => type switch
    {
        GgufTensorType.F32 => TensorType.F32,
        GgufTensorType.F16 => TensorType.F16,
        GgufTensorType.BF16 => TensorType.BF16,
        _ => null,
    };
}
