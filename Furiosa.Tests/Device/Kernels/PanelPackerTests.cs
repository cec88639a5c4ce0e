using System.Runtime.InteropServices;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Panels whose outputs come from tensors of several kinds hold each weight in its place.</summary>
internal sealed class PanelPackerTests
{
    private const int Inputs = 21;

    private TemporaryDirectory _directory = null!;
    private SafetensorsFile _file = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TemporaryDirectory();
        _file = SafetensorsFile.Open(_directory.Write("a.safetensors", SafetensorsWriter.Write(
            Words("plain", 20, Inputs, Value), Words("one", 10, Inputs, (row, k) => Value(2 * row, k)), Words("other", 10, Inputs, (row, k) => Value(2 * row + 1, k)),
            SafetensorsWriter.Halves("halves", [20, Inputs], Values(20, Inputs, Value)), SafetensorsWriter.Floats("floats", [20, Inputs], Values(20, Inputs, Value)),
            Words("turned", Inputs, 20, (k, row) => Value(row, k)), Words("wide", 20, Inputs + 9, (row, k) => k < 4 ? float.NaN : Value(row, k - 4)))));
    }

    [TearDown]
    public void TearDown()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    [TestCase(WeightFormat.Bf16, false)]
    [TestCase(WeightFormat.Bf16, true)]
    [TestCase(WeightFormat.F16, false)]
    [TestCase(WeightFormat.F32, false)]
    public void TryPack_OfTensorsOfEveryKindInOnePanel_KeepsEachWeight(WeightFormat format, bool compressed)
    {
        var turns = new TensorView("file", "turns", TensorType.BF16, [20, Inputs], 1, new AlternatingRows(_file.Tensors["one"], _file.Tensors["other"]));
        var nested = new TensorView("file", "nested", TensorType.BF16, [20, Inputs], 1, new MappedRows(turns, row => 19 - row));
        WeightRows[] sources =
        [
            new(_file.Tensors["plain"], 3, 9), new(_file.Tensors["halves"], 0, 5), new(turns, 4, 8), new(_file.Tensors["turned"], 2, 6) { ByInput = true },
            new(_file.Tensors["floats"], 19, 7) { Step = -2 }, new(nested, 1, 4), new(_file.Tensors["wide"], 0, 6) { FirstInput = 4 },
        ];
        int[] rows =
        [
            .. Enumerable.Range(3, 9), .. Enumerable.Range(0, 5), .. Enumerable.Range(4, 8), .. Enumerable.Range(2, 6),
            .. Enumerable.Range(0, 7).Select(i => 19 - 2 * i), .. Enumerable.Range(1, 4).Select(row => 19 - row), .. Enumerable.Range(0, 6),
        ];
        using var matrix = new PackedMatrix(new MatrixForm(format, rows.Length, [0, 7, Inputs], HasBias: false, IsCompressed: compressed), []);

        for (int panel = 0; panel < matrix.PanelCount; panel++) Assert.That(PanelPacker.TryPack(matrix, sources, 0, panel), Is.True);

        // Each row of inputs asks for one input's weights.
        var units = new float[Inputs * Inputs];
        for (int k = 0; k < Inputs; k++) units[k * Inputs + k] = 1;
        float[] weights = LinearKernelTests.Multiply(KernelSet.For(KernelLevel.Scalar), matrix, units, Inputs, Inputs);
        Assert.That(weights, Is.EqualTo(Enumerable.Range(0, Inputs).SelectMany(k => rows.Select(row => Value(row, k)))));
    }

    // Exact in every format.
    private static float Value(int row, int input) => (row * 37 + input * 11) % 251 - 125;

    private static float[] Values(int rows, int columns, Func<int, int, float> value) => [.. Enumerable.Range(0, rows * columns).Select(i => value(i / columns, i % columns))];

    private static (string Name, string Type, long[] Shape, byte[] Data) Words(string name, int rows, int columns, Func<int, int, float> value) =>
        (name, "BF16", [rows, columns], MemoryMarshal.AsBytes<ushort>([.. Values(rows, columns, value).Select(PanelPacker.RoundToBf16)]).ToArray());
}
