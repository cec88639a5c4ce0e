using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels.Quantized;

/// <summary>Runs an emitted tile on the emulated processor and its twin beside it, over rows and sums that stand apart.</summary>
/// <param name="code">The emitted code.</param>
/// <param name="twin">What it must equal.</param>
/// <param name="format">How the weights are kept.</param>
/// <param name="rows">Rows.</param>
internal sealed unsafe class EmulatedTile(byte[] code, IntegerTiles twin, WeightFormat format, int rows)
{
    private const int SumFloats = PackedMatrix.PanelColumns + 16;

    private readonly EmulatedProcessor _processor = new(code);
    private readonly float[] _sums = TestValues.Strange(3, rows * SumFloats);
    private readonly float[] _expected = TestValues.Strange(3, rows * SumFloats);

    /// <summary>One call, which goes on from the sums of the last one or begins at zero.</summary>
    public void AssertEqualsTwin(byte[] weights, byte[] inputs, int groups, bool continues)
    {
        fixed (byte* w = weights, a = inputs)
        fixed (float* s = _sums, e = _expected)
        {
            TileArguments tile = new()
            {
                Weights = w, Activations = a, ActivationStride = inputs.Length / rows, Groups = groups,
                Sums = s, SumStride = SumFloats * sizeof(float), Next = w, Continues = continues ? 1 : 0, TileCount = 1,
            };
            _processor.Allow(&tile, sizeof(TileArguments));
            _processor.Allow(w, weights.Length);
            _processor.Allow(a, inputs.Length);
            _processor.Allow(s, sizeof(float) * _sums.Length, canWrite: true);
            _processor.Call(&tile);

            tile.Sums = e;
            twin.Run(format, rows, &tile);
        }

        Bits.AssertEqual(_sums, _expected, $"continues {continues}");
    }
}
