namespace Furiosa.Device.Sampling;

/// <summary>
/// Finds where top-p cuts a row of weights, without sorting it: weights are counted into buckets of an eighth of an octave, and only
/// the bucket in which the border lies is sorted. Larger weights come first, of equal ones the lower id.
/// </summary>
internal sealed class NucleusBorder
{
    private const int BucketShift = 20; // leaves the exponent and three bits of mantissa of a positive float
    private const int BucketCount = (0x3F800000 >> BucketShift) + 1; // up to and with 1

    private readonly double[] _masses = new double[BucketCount];
    private ulong[] _members = [];

    /// <summary>Sets every weight outside the nucleus to zero: a token stays while those before it hold less than the share.</summary>
    /// <param name="weights">From 0 to 1; the best one is 1 and always stays.</param>
    /// <param name="mass">The sum that makes the whole.</param>
    /// <param name="share">The share to keep, below 1.</param>
    public void Cut(Span<float> weights, double mass, float share)
    {
        // The comparisons are of floats, so that 0.2 (which as a float is a little more) of five equal tokens is one of them.
        var wanted = share * (float)mass;
        var before = 0.0;
        Count(weights);
        var bucket = BucketCount - 1;
        while (bucket > 0 && (float)(before + _masses[bucket]) < wanted) before += _masses[bucket--];

        var lastKey = LastKept(weights, bucket, before, wanted);
        for (var id = 0; id < weights.Length; id++)
            if (weights[id] != 0 && Key(weights[id], id) > lastKey) weights[id] = 0;
    }

    private void Count(ReadOnlySpan<float> weights)
    {
        Array.Clear(_masses);
        foreach (var weight in weights) _masses[BucketOf(weight)] += weight;
    }

    // Walks the bucket's members from the best on; keys ascend from best to worst.
    private ulong LastKept(ReadOnlySpan<float> weights, int bucket, double before, float wanted)
    {
        var count = 0;
        if (_members.Length < weights.Length) _members = new ulong[weights.Length];
        for (var id = 0; id < weights.Length; id++)
            if (BucketOf(weights[id]) == bucket) _members[count++] = Key(weights[id], id);
        if (count == 0) return ulong.MaxValue; // rounding let no bucket reach the share: everything stays
        var members = _members.AsSpan(0, count);
        members.Sort();

        var last = 0;
        before += Weight(members[0]);
        while (last + 1 < count && (float)before < wanted) before += Weight(members[++last]);
        return members[last];
    }

    private static int BucketOf(float weight) => BitConverter.SingleToInt32Bits(weight) >> BucketShift;

    private static ulong Key(float weight, int id) => (ulong)~BitConverter.SingleToUInt32Bits(weight) << 32 | (uint)id;

    private static float Weight(ulong key) => BitConverter.UInt32BitsToSingle(~(uint)(key >> 32));
}
