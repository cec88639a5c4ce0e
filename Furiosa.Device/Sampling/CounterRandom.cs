namespace Furiosa.Device.Sampling;

/// <summary>
/// Random numbers without a state: each is a function of (seed, choice, position). The generator is Philox4x32-10 of Salmon, Moraes,
/// Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
/// </summary>
internal static class CounterRandom
{
    private const int Rounds = 10;
    private const uint FirstMultiplier = 0xD2511F53;
    private const uint SecondMultiplier = 0xCD9E8D57;
    private const uint FirstKeyStep = 0x9E3779B9; // golden ratio
    private const uint SecondKeyStep = 0xBB67AE85; // square root of 3, minus 1

    /// <summary>A number from 0 (included) to 1 (excluded) with 53 random bits.</summary>
    /// <param name="seed">The request's seed: the generator's key.</param>
    /// <param name="choice">Index of the sample within its prompt.</param>
    /// <param name="position">Absolute position of the token that is drawn.</param>
    public static double Uniform(long seed, int choice, int position)
    {
        var (a, b, _, _) = Philox((uint)position, (uint)choice, 0, 0, (uint)seed, (uint)((ulong)seed >> 32));
        return (((ulong)a << 32 | b) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>One block: four words of counter and two of key give four random words.</summary>
    internal static (uint A, uint B, uint C, uint D) Philox(uint a, uint b, uint c, uint d, uint firstKey, uint secondKey)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var first = (ulong)FirstMultiplier * a;
            var second = (ulong)SecondMultiplier * c;
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ firstKey, (uint)second, (uint)(first >> 32) ^ d ^ secondKey, (uint)first);
            firstKey = unchecked(firstKey + FirstKeyStep);
            secondKey = unchecked(secondKey + SecondKeyStep);
        }

        return (a, b, c, d);
    }
}
