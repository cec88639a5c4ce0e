using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Columns that are turned in registers lie where those lie that are copied word after word.</summary>
internal sealed unsafe class ColumnCopyTests
{
    private const int Columns = PackedMatrix.PanelColumns;

    [Test]
    public void Copy_OfColumnsOfWhichSomeAreMissing_WritesWhatPlainLoopsWrite(
        [Values(1, 2, 15, 16, 17, 255, 256, 300, 531)] int inputs, [Values(0, 3)] int first, [Values(-1, 0, 13, 31)] int missing)
    {
        var weights = new ushort[Columns * (first + inputs)];
        for (int i = 0; i < weights.Length; i++) weights[i] = (ushort)(i * 40503 + 1);

        uint[] turned = Copy(weights, first, inputs, missing, plain: false), plain = Copy(weights, first, inputs, missing, plain: true);

        Assert.That(turned, Is.EqualTo(plain));
        for (int input = 0; input < inputs; input++)
        {
            for (int column = 0; column < Columns; column++)
            {
                int half = (int)(turned[input / 2 * Columns + column] >> (16 * (input % 2))) & 0xFFFF;
                Assert.That(half, Is.EqualTo(column == missing ? 0 : weights[column * (first + inputs) + first + input]), $"input {input} of column {column}");
            }
        }
    }

    private static uint[] Copy(ushort[] weights, int first, int inputs, int missing, bool plain)
    {
        var panel = new uint[(inputs + 1) / 2 * Columns];
        ushort** columns = stackalloc ushort*[Columns];
        fixed (ushort* rows = weights)
        fixed (uint* target = panel)
        {
            for (int i = 0; i < Columns; i++) columns[i] = i == missing ? null : rows + i * (first + inputs);
            ColumnCopy.Copy(columns, first, inputs, target, plain);
        }

        return panel;
    }
}
