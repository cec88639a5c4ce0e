using Furiosa.Device.Loading;

namespace Furiosa.Tests.Device.Loading;

/// <summary>Columns in another order: as values, and as codes where no group is cut.</summary>
[TestFixture]
internal sealed class MappedColumnsTests
{
    private static readonly int[] Order = [2, 0, 1];

    [Test]
    public void Read_OfValues_FindsEachBlockWhereItIsStored()
    {
        var stored = Of(new FixedRows([.. Enumerable.Range(0, 24).Select(i => (float)i)], 12), 12);

        var mapped = MappedColumns.Of(stored, 4, block => Order[block]);

        Assert.That(mapped.ReadAll(), Is.EqualTo(new float[] { 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 16, 17, 18, 19 }));
        var part = new float[6];
        mapped.ReadRow(1, 3, 6, part);
        Assert.That(part, Is.EqualTo(new float[] { 23, 12, 13, 14, 15, 16 }));
    }

    [TestCase(32, true, "two groups of a block stay together")]
    [TestCase(16, true, "a group is a block")]
    [TestCase(8, false, "a group is cut")]
    public void Of_Codes_StaysCodesWhereNoGroupIsCut(int width, bool staysCodes, string why)
    {
        var stored = Of(new Codes(), 3 * width);
        var mapped = MappedColumns.Of(stored, width, block => Order[block]);
        float[] values = stored.ReadAll(), expected = [.. values.Chunk(3 * width).SelectMany(row => Order.SelectMany(block => row.AsSpan(block * width, width).ToArray()))];

        Assert.That(mapped.Decoder is GroupedRows, Is.EqualTo(staysCodes), why);
        Assert.That(mapped.ReadAll(), Is.EqualTo(expected));
    }

    [TestCase(16, false)]
    [TestCase(128, false)]
    [TestCase(256, true)]
    public void Of_CodesWithFactors_KeepsThemWhereTheirUnitsStayTogether(int width, bool keepsFactors)
    {
        var mapped = (GroupedRows)MappedColumns.Of(Of(new Codes(), 3 * width), width, block => Order[block]).Decoder!;

        Assert.That(mapped.HasFactors, Is.EqualTo(keepsFactors));
        Assert.That(mapped.HasHalves, Is.EqualTo(keepsFactors), "scales that were products are plain floats");
        if (!keepsFactors) return;
        mapped.ReadFactors(0, 0, out var scale, out _);
        Assert.That((float)scale.Factor, Is.EqualTo(32f), "the third block's first group");
    }

    private static TensorView Of(RowDecoder decoder, long columns) => new("file", "matrix", TensorType.F32, [2, columns], 1, decoder);

    private sealed class Codes() : GroupedRows(groupSize: 16, isNarrow: false, hasOffset: false)
    {
        public override bool HasFactors => true;

        public override ReadOnlySpan<sbyte> Table => [];

        public override void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset)
        {
            for (int i = 0; i < codes.Length; i++) codes[i] = (sbyte)(i + 1);
            (scale, offset) = (100 * row + group, 0);
        }

        public override void ReadFactors(long row, long group, out (float Unit, sbyte Factor) scale, out (float Unit, sbyte Factor) offset) => (scale, offset) = ((1, (sbyte)group), default);
    }
}
