using System.Numerics;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Finds where top-p cuts a row of weights, without sorting it: weights are counted into buckets of an eighth of an octave, and only
/// the bucket in which the border lies is sorted. Larger weights come first, of equal ones the lower id.
/// </summary>
internal sealed class NucleusBorder
{
    private const int BucketShift = 20; // leaves the exponent and three bits of mantissa of a positive float
    private const int BucketCount = (0x3F800000 >> BucketShift) + 1; // up to and with 1

    // Most rows have the share in a few tokens that weigh at least this, the lower end of a bucket: then no others are looked at.
    private const float LikelyLowest = 1f / 256;
    private const int LikelyPart = 16;

    private readonly double[] _masses = new double[BucketCount];
    private int[] _likelyIds = [];
    private float[] _likelyWeights = [];
    private ulong[] _members = [];

    /// <summary>Sets every weight outside the nucleus to zero: a token stays while those before it hold less than the share.</summary>
    /// <param name="weights">From 0 to 1; the best one is 1 and always stays.</param>
    /// <param name="mass">The sum that makes the whole.</param>
    /// <param name="share">The share to keep, below 1.</param>
    public void Cut(Span<float> weights, double mass, float share)
    {
        // The comparisons are of floats, so that 0.2 (which as a float is a little more) of five equal tokens is one of them.
        var wanted = share * (float)mass;
        var count = Gather(weights);
        var likely = _likelyWeights.AsSpan(0, count);
        if (Find(likely, BucketOf(LikelyLowest), wanted, out var bucket, out var before))
        {
            var last = LastKept(likely, _likelyIds, bucket, before, wanted);
            weights.Clear();
            for (var i = 0; i < count; i++)
                if (Key(likely[i], _likelyIds[i]) <= last) weights[_likelyIds[i]] = likely[i];
        }
        else
        {
            Find(weights, 0, wanted, out bucket, out before);
            var last = LastKept(weights, default, bucket, before, wanted);
            for (var id = 0; id < weights.Length; id++)
                if (Key(weights[id], id) > last) weights[id] = 0;
        }
    }

    /// <summary>Notes the likely ones by ascending ids; none where there are too many.</summary>
    private int Gather(ReadOnlySpan<float> weights)
    {
        var most = weights.Length / LikelyPart;
        if (_likelyIds.Length < most + Vector<float>.Count) (_likelyIds, _likelyWeights) = (new int[most + Vector<float>.Count], new float[most + Vector<float>.Count]);
        var count = 0;
        for (var first = 0; first < weights.Length; first += Vector<float>.Count)
        {
            var part = weights[first..Math.Min(first + Vector<float>.Count, weights.Length)];
            if (part.Length == Vector<float>.Count && Vector.LessThanAll(new Vector<float>(part), new Vector<float>(LikelyLowest))) continue;
            for (var i = 0; i < part.Length; i++)
                if (part[i] >= LikelyLowest) (_likelyIds[count], _likelyWeights[count++]) = (first + i, part[i]);
            if (count > most) return 0;
        }

        return count;
    }

    /// <summary>The bucket in which the share is reached, and what those above it hold; false when none from the lowest on is.</summary>
    private bool Find(ReadOnlySpan<float> weights, int lowest, float wanted, out int bucket, out double before)
    {
        Array.Clear(_masses);
        foreach (var weight in weights) _masses[BucketOf(weight)] += weight;
        (bucket, before) = (BucketCount - 1, 0);
        while (bucket > lowest && (float)(before + _masses[bucket]) < wanted) before += _masses[bucket--];
        return !weights.IsEmpty && (float)(before + _masses[bucket]) >= wanted;
    }

    // Walks the bucket's members from the best on; keys ascend from best to worst. Without ids, a weight's is its place.
    private ulong LastKept(ReadOnlySpan<float> weights, ReadOnlySpan<int> ids, int bucket, double before, float wanted)
    {
        var count = 0;
        if (_members.Length < weights.Length) _members = new ulong[weights.Length];
        for (var i = 0; i < weights.Length; i++)
            if (BucketOf(weights[i]) == bucket) _members[count++] = Key(weights[i], ids.IsEmpty ? i : ids[i]);
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
