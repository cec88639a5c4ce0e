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

    [TestCase(5000)]
    [TestCase(7_000_000, Description = "whole pages, which go back to the system")]
    public void TakeBack_OfTheLastPiece_GivesItAgainZeroed(int size)
    {
        using var memory = new HugePages();
        var first = new Span<byte>(memory.Take(100), 100);
        byte* piece = memory.Take(size);
        first.Fill(1);
        new Span<byte>(piece, size).Fill(1);

        memory.TakeBack(size);
        byte* next = memory.Take(size + 1000);

        Assert.That((nint)next, Is.EqualTo((nint)piece));
        Assert.That(new Span<byte>(next, size + 1000).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        Assert.That(first.IndexOfAnyExcept((byte)1), Is.EqualTo(-1));
    }

    // What comes instead may be larger than the region that was made for it.
    [Test]
    public void TakeBack_OfAPieceWithARegionOfItsOwn_LetsTheRegionGo()
    {
        using var memory = new HugePages();
        byte* first = memory.Take(100);
        new Span<byte>(first, 100).Fill(1);
        memory.Take(70 << 20);

        memory.TakeBack(70 << 20);
        byte* next = memory.Take(90 << 20);

        Assert.That(new Span<byte>(next, 90 << 20).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        Assert.That(new Span<byte>(first, 100).IndexOfAnyExcept((byte)1), Is.EqualTo(-1));
    }

    [Test]
    public void Take_LessThanNothing_IsRefused()
    {
        using var memory = new HugePages();

        Assert.That(() => (nint)memory.Take(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
