namespace Furiosa.Device.Loading.Quantized;

/// <summary>A matrix of 8-bit floats (sign, four exponent bits, three mantissa bits, no infinities) times its scales.</summary>
/// <param name="codes">An F8_E4M3 tensor.</param>
/// <param name="scales">Its scales.</param>
internal sealed unsafe class Fp8Rows(TensorView codes, ScaleGrid scales) : RowDecoder
{
    /// <summary>The value of each byte.</summary>
    public static float[] Values { get; } = [.. Enumerable.Range(0, 256).Select(Widen)];

    /// <summary>The bytes as they are stored.</summary>
    public TensorView Codes => codes;

    /// <summary>What they are multiplied by.</summary>
    public ScaleGrid Scales => scales;

    /// <inheritdoc/>
    public override void Read(long row, long column, Span<float> destination)
    {
        byte* bytes = codes.Data + row * codes.ColumnCount + column;
        for (var i = 0; i < destination.Length; i++) destination[i] = Values[bytes[i]] * scales.At(row, column + i);
    }

    private static float Widen(int code)
    {
        int exponent = (code >> 3) & 15, mantissa = code & 7;
        var size = exponent == 15 && mantissa == 7 ? float.NaN
            : exponent == 0 ? mantissa / 8f * MathF.ScaleB(1, -6)
            : (1 + mantissa / 8f) * MathF.ScaleB(1, exponent - 7);
        return (code & 128) == 0 ? size : -size;
    }
}
