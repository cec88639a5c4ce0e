namespace Furiosa.Device.Loading.Quantized;

/// <summary>
/// Matrices of 4-bit floats with a power of two for each 32 inputs, the even element of a byte in its low nibble.
/// </summary>
/// <param name="blocks">Bytes of [.., outputs, inputs / 32, 16].</param>
/// <param name="scales">Exponent bytes of [.., outputs, inputs / 32].</param>
internal sealed unsafe class Mxfp4Rows(TensorView blocks, TensorView scales) : GroupedRows(32, isNarrow: true, hasOffset: false)
{
    private const byte NotANumber = 255;

    /// <inheritdoc/>
    public override ReadOnlySpan<sbyte> Table => Fp4.Doubled;

    /// <inheritdoc/>
    public override void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset)
    {
        var place = row * scales.ColumnCount + group;
        byte* bytes = blocks.Data + place * 16;
        for (var i = 0; i < 16; i++)
        {
            codes[2 * i] = Fp4.Doubled[bytes[i] & 15];
            codes[2 * i + 1] = Fp4.Doubled[bytes[i] >> 4];
        }

        var exponent = scales.Data[place];
        scale = exponent == NotANumber ? float.NaN : Fp4.HalfScale(exponent);
        offset = 0;
    }
}
