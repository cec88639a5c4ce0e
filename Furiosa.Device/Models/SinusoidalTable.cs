using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>Sines of all frequencies, then their cosines: the vectors of positions of models that do not learn them.</summary>
internal sealed class SinusoidalTable : IPositionTable
{
    private readonly float[] _frequencies;
    private readonly bool _rounds;

    /// <param name="width">Elements of a vector; the last of an odd number is zero.</param>
    /// <param name="rounds">Whether elements are rounded to bfloat16.</param>
    public SinusoidalTable(int width, bool rounds)
    {
        _rounds = rounds;
        var half = width / 2;
        var step = (float)(-DoubleMath.Log(10000) / Math.Max(1, half - 1));
        _frequencies = [.. Enumerable.Range(0, half).Select(i => (float)DoubleMath.Exp(i * step))];
    }

    public long ByteLength => 0;

    public void Read(int position, Span<float> row)
    {
        row.Clear();
        for (var i = 0; i < _frequencies.Length; i++)
        {
            var (sine, cosine) = DoubleMath.SinCos(position * _frequencies[i]);
            (row[i], row[_frequencies.Length + i]) = ((float)sine, (float)cosine);
        }

        if (!_rounds) return;
        foreach (ref float value in row) value = PanelPacker.WidenedBf16(value);
    }
}
