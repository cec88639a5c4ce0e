using Furiosa.Device.Grammar;

namespace Furiosa.Tests.Device.Grammar;

/// <summary>What comes over the border is checked.</summary>
[TestFixture]
public sealed class ByteGrammarTests
{
    [Test]
    public void Constructor_IndexOutOfRange_IsRefused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => Make([0], 1, [new ByteEdge(0, 1, 2, 1)], []), Throws.ArgumentException);
            Assert.That(() => Make([0], 1, [new ByteEdge(0, 3, 2, 0)], []), Throws.ArgumentException);
            Assert.That(() => Make([1], 1, [], []), Throws.ArgumentException);
            Assert.That(() => Make([0], 1, [], [new CallEdge(0, 1, 0)]), Throws.ArgumentException);
            Assert.That(() => Make([0], 2, [new ByteEdge(1, 1, 2, 0), new ByteEdge(0, 1, 2, 1)], []), Throws.ArgumentException);
            Assert.That(() => Make([], 1, [], []), Throws.ArgumentException);
        });
    }

    [Test]
    public void Constructor_LeftRecursion_IsRefused()
    {
        Assert.That(() => Make([0, 1], 3, [], [new CallEdge(0, 1, 2), new CallEdge(1, 0, 2)]), Throws.ArgumentException.With.Message.Contains("left recursion"));
        Assert.That(() => Make([0], 2, [], [new CallEdge(0, 0, 1)]), Throws.ArgumentException.With.Message.Contains("left recursion"));
    }

    private static ByteGrammar Make(int[] starts, int states, ByteEdge[] bytes, CallEdge[] calls) => new("key", starts, new bool[states], bytes, calls);
}
