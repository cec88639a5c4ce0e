using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

internal sealed unsafe class HugePagesTests
{
    [Test]
    public void Take_PiecesOfAllSizes_AreZeroedAlignedAndApart()
    {
        using var memory = new HugePages();
        long[] sizes = [100, 0, 64, 70 << 20, 5_000_000, 1, 60 << 20, 30 << 20];
        var pieces = sizes.Select(size => ((nint)memory.Take(size), size)).ToList();

        foreach (var (start, size) in pieces)
        {
            var piece = new Span<byte>((byte*)start, (int)size);
            Assert.That(piece.IndexOfAnyExcept((byte)0), Is.EqualTo(-1), $"{size} bytes");
            Assert.That((int)(start % 64), Is.Zero);
            piece.Fill(1); // the next ones are still zero
        }
    }

    [Test]
    public void Take_LessThanNothing_IsRefused()
    {
        using var memory = new HugePages();

        Assert.That(() => (nint)memory.Take(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
