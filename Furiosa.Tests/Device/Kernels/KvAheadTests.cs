using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>Where keys lie that are read next.</summary>
internal sealed unsafe class KvAheadTests
{
    [Test]
    public void At_OfABlock_IsWhereItLies()
    {
        int* blocks = stackalloc int[] { 5, 2 };
        var ahead = new KvAhead(blocks, 2, (byte*)1_000_000, 4096).From(256);

        Assert.That(((nint)ahead.At(0, 64), (nint)ahead.At(1, 0)), Is.EqualTo(((nint)1_000_000 + 5 * 4096 + 256 + 64, (nint)1_000_000 + 2 * 4096 + 256)));
    }

    [Test]
    public void At_BehindTheLastBlock_IsNothing()
    {
        int* blocks = stackalloc int[] { 5 };

        Assert.That(((nint)new KvAhead(blocks, 1, (byte*)1_000_000, 4096).At(1, 0), (nint)default(KvAhead).At(0, 0)), Is.EqualTo(((nint)0, (nint)0)));
    }

    [Test]
    public void Ask_GoesOn()
    {
        byte* lines = stackalloc byte[256], next = lines, nothing = null;

        KvAhead.Ask<LanesScalar>(ref next, 128);
        KvAhead.Ask<LanesScalar>(ref nothing, 128);

        Assert.That((next - lines, (nint)nothing), Is.EqualTo((128L, (nint)0)));
    }
}
