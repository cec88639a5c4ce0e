using Furiosa.Device.Kernels;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Models;

[TestFixture]
public sealed unsafe class AlibiTableTests
{
    [Test]
    public void Prepare_SomePositions_HoldsSlopeTimesPosition([Values] bool rounded, [Values(1, 255, 256, 257, 1000)] int positions)
    {
        var config = new AlibiConfig { Rounded = rounded, Scale = rounded ? 0.125f : 1 };
        using var table = new AlibiTable(config, heads: 6, positions: 1000);
        table.Prepare(positions);

        var slopes = config.Slopes(6);
        for (int head = 0; head < 6; head++)
        {
            for (int p = 0; p < positions; p++)
            {
                float bias = table.Blocks[p / AttentionShape.BiasPositions][AlibiTable.RowOf(head) + p % AttentionShape.BiasPositions];
                Assert.That(bias, Is.EqualTo(Kept(Kept(slopes[head]) * p) * config.Scale));
            }
        }

        float Kept(float value) => rounded ? PanelPacker.WidenedBf16(value) : value;
    }

    /// <summary>All of it would be 256 GiB.</summary>
    [Test]
    public void Prepare_LargestModel_TakesMemoryForWhatIsReachedOnly()
    {
        using var table = new AlibiTable(new AlibiConfig(), heads: 4096, positions: 1 << 24);
        Assert.That(table.Bytes, Is.Zero);

        Parallel.For(0, 8, _ => table.Prepare(300));

        Assert.That(table.Bytes, Is.EqualTo(4096L * 2 * AttentionShape.BiasPositions * sizeof(float)));
        Assert.That(() => table.Prepare((1 << 24) + 1), Throws.InstanceOf<ArgumentException>());
    }
}
