namespace Furiosa.Device.Kernels;

/// <summary>
/// Sixteen float lanes. Every kernel is written once over this type, so that all instruction levels do the same operations in
/// the same order and give the same bits. Each operation rounds once per lane, as IEEE 754 says.
/// </summary>
internal unsafe interface ILanes<TSelf> where TSelf : struct, ILanes<TSelf>
{
    /// <summary>
    /// Whether sixteen lanes take two of only sixteen vector registers. Tiles are then made of fewer sums, or most would live in memory.
    /// </summary>
    static abstract bool IsPair { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    /// <summary>The same float in every lane, read by the instruction that spreads it.</summary>
    static abstract TSelf BroadcastFrom(float* source);

    static abstract TSelf Load(float* source);

    static abstract void Store(float* destination, TSelf value);

    /// <summary>Widens the low halves of sixteen 32-bit words from bfloat16: the even k of a packed pair.</summary>
    static abstract TSelf LoadBf16Low(uint* source);

    /// <summary>Widens the high halves of sixteen 32-bit words from bfloat16: the odd k of a packed pair.</summary>
    static abstract TSelf LoadBf16High(uint* source);

    /// <summary>Widens the low halves of sixteen 32-bit words from <see cref="RebiasedHalf"/>.</summary>
    static abstract TSelf LoadHalfLow(uint* source);

    /// <summary>Widens the high halves of sixteen 32-bit words likewise.</summary>
    static abstract TSelf LoadHalfHigh(uint* source);

    /// <summary>Widens sixteen bfloat16.</summary>
    static abstract TSelf LoadBf16(ushort* source);

    /// <summary>Widens sixteen signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* source);

    /// <summary>Sixteen bytes, four times, as the table of <see cref="CompressedWords"/>; no numbers.</summary>
    static abstract TSelf LoadTable(byte* table);

    /// <summary>The high nibble of each byte in the place of the low one; no numbers.</summary>
    static abstract TSelf HighNibbles(TSelf bytes);

    /// <summary>The words of an uncompressed pair from a compressed one, see <see cref="Compressed.CompressedLayout"/>; no numbers.</summary>
    /// <param name="bytes">Its 64 lower bytes.</param>
    /// <param name="places">64 bytes, of which the low nibble says which upper byte.</param>
    /// <param name="table">The upper bytes.</param>
    /// <param name="left">Columns 0 to 15.</param>
    /// <param name="right">Columns 16 to 31.</param>
    static abstract void CompressedWords(byte* bytes, TSelf places, TSelf table, out TSelf left, out TSelf right);

    /// <summary>As <see cref="LoadBf16Low"/>, of words.</summary>
    static abstract TSelf Bf16Low(TSelf words);

    /// <summary>As <see cref="LoadBf16High"/>, of words.</summary>
    static abstract TSelf Bf16High(TSelf words);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary><c>left * right + addend</c>, rounded once.</summary>
    static abstract TSelf Fma(TSelf left, TSelf right, TSelf addend);

    /// <summary>The larger one of each lane; NaN wins.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf value);

    /// <summary>Step 5 of <see cref="FloatMath.Exp"/>: the power of two whose exponent stands in the low bits of a shifted number.</summary>
    static abstract TSelf ScaleFromShifted(TSelf shifted);

    /// <summary><paramref name="chosen"/> where <paramref name="value"/> is below the limit, else <paramref name="other"/>, also for NaN.</summary>
    static abstract TSelf WhereBelow(TSelf value, float limit, TSelf chosen, TSelf other);

    /// <summary><paramref name="chosen"/> where <paramref name="value"/> is above the limit, else <paramref name="other"/>, also for NaN.</summary>
    static abstract TSelf WhereAbove(TSelf value, float limit, TSelf chosen, TSelf other);

    /// <summary>Keeps the lanes of <c>[first, end)</c> and sets the others to <paramref name="other"/>.</summary>
    static abstract TSelf KeepRange(TSelf value, int first, int end, float other);

    /// <summary>Adds the lanes as a fixed tree: i with i + 8, then + 4, + 2, + 1.</summary>
    static abstract float Sum(TSelf value);

    /// <summary>The largest lane.</summary>
    static abstract float Largest(TSelf value);
}
