using System.Runtime.InteropServices;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Rows of a panel are those of the file, whether they are read in one piece or where they lie.</summary>
internal sealed unsafe class PanelRowsTests
{
    private const int Rows = 100;
    private const int Inputs = 6;

    private TemporaryDirectory _directory = null!;
    private SafetensorsFile _file = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TemporaryDirectory();
        var path = _directory.Write("a.safetensors", SafetensorsWriter.Write(Tensor("a", 0), Tensor("b", 10_000)));
        _file = SafetensorsFile.Open(path);
    }

    [TearDown]
    public void TearDown()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Values_OfNeighbours_AreTheirs() => AssertRows(All(new WeightRows(_file.Tensors["a"], 40, 32)), column => 40 + column);

    [Test]
    public void Values_OfEverySecondRow_AreTheirs() => AssertRows(All(new WeightRows(_file.Tensors["a"], 1, 32) { Step = 2 }), column => 1 + 2 * column);

    [Test]
    public void Values_OfRowsFarApart_AreTheirs() => AssertRows(All(new WeightRows(_file.Tensors["a"], 99, 25) { Step = -4 }), column => 99 - 4 * column);

    [Test]
    public void Values_OfTensorsThatTakeTurns_AreTheirs()
    {
        var turns = new TensorView("file", "turns", TensorType.F32, [2 * Rows, Inputs], 1, new AlternatingRows(_file.Tensors["a"], _file.Tensors["b"]));

        AssertRows(All(new WeightRows(turns, 20, 32)), column => column % 2 * 10_000 / Inputs + 10 + column / 2, column => column % 2 * (10_000 % Inputs));

        Assert.That((turns.WasRead, _file.Tensors["a"].WasRead, _file.Tensors["b"].WasRead), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void Values_OfPartsOfRows_AreTheirs() =>
        AssertRows(All(new WeightRows(_file.Tensors["a"], 40, 32) { FirstInput = 1 }), column => 40 + column, _ => 3, firstInput: 2, inputs: 3);

    [TestCase(0, Inputs + 1, TestName = "more inputs than a row has")]
    [TestCase(4, 3, TestName = "inputs past the end of a row")]
    public void Tensor_OfWhatIsNotThere_IsNull(int firstInput, int inputs)
    {
        using var rows = new PanelRows(All(new WeightRows(_file.Tensors["a"], 0, 32)), firstInput, inputs);

        Assert.That(Enumerable.Range(0, 32).Select(rows.Tensor), Is.All.Null);
    }

    [Test]
    public void Tensor_OfColumnsAndOfRowsThatAreMade_IsNull()
    {
        var made = new TensorView("file", "made", TensorType.F32, [Rows, Inputs], 1, new LessOneRows(_file.Tensors["a"]));
        using var rows = new PanelRows([(new WeightRows(_file.Tensors["a"], 0, Inputs) { ByInput = true }, 0), (new WeightRows(made, 0, 1), 0)], 0, Inputs);

        Assert.That((rows.Tensor(0), rows.Tensor(1), rows.Tensor(2)), Is.EqualTo(((TensorView?)null, (TensorView?)null, (TensorView?)null)));
    }

    [Test]
    public void Values_OfAFileCutShort_AreAnError()
    {
        var outputs = All(new WeightRows(_file.Tensors["b"], 0, 32));
        using (var file = new FileStream(Path.Combine(_directory.Path, "a.safetensors"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(200);

        Assert.That(() => new PanelRows(outputs, 0, Inputs).Dispose(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("was written to"), "whole rows");
    }

    private static (WeightRows Source, int Output)[] All(WeightRows source) => [.. Enumerable.Range(0, source.Count).Select(output => (source, output))];

    private static void AssertRows((WeightRows Source, int Output)[] outputs, Func<int, int> rowOf, Func<int, int>? firstOf = null, int firstInput = 0, int inputs = Inputs)
    {
        using var rows = new PanelRows(outputs, firstInput, inputs);
        for (int column = 0; column < outputs.Length; column++)
        {
            Assert.That(rows.Tensor(column)?.Type, Is.EqualTo(TensorType.BF16));
            var values = new ReadOnlySpan<ushort>(rows.Values(column), inputs).ToArray();
            int first = rowOf(column) * Inputs + (firstOf?.Invoke(column) ?? 0);
            Assert.That(values, Is.EqualTo(Enumerable.Range(first, inputs)), $"column {column}");
        }
    }

    private static (string Name, string Type, long[] Shape, byte[] Data) Tensor(string name, int first) =>
        (name, "BF16", [Rows, Inputs], MemoryMarshal.AsBytes<ushort>([.. Enumerable.Range(first, Rows * Inputs).Select(i => (ushort)i)]).ToArray());
}
