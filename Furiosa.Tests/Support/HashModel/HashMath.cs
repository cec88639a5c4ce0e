namespace Furiosa.Tests.Support.HashModel;

/// <summary>Mixing for a model whose every output depends on every token before it.</summary>
internal static class HashMath
{
    public static ulong Mix(ulong a, ulong b)
    {
        var x = (a * 0x9E3779B97F4A7C15UL) ^ (b + 0xD1B54A32D192ED03UL);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>The state at a position, from the states before it and its token.</summary>
    public static ulong State(ulong sumBefore, int position, int token) => Mix(Mix(sumBefore, (ulong)position), (ulong)token + 1);

    /// <summary>In (-8, 0].</summary>
    public static float Logprob(ulong state, int token) => -(float)(Mix(state, (ulong)token + 77) >> 44) / (1 << 17);
}
