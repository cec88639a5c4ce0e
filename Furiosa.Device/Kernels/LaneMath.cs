using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Functions of sixteen lanes, the same steps as their scalar definitions.</summary>
internal static class LaneMath
{
    /// <summary><see cref="FloatMath.Exp"/> of each lane, to the bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exp<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> =>
        TLanes.WhereAbove(x, FloatMath.ExpHighest, TLanes.Broadcast(float.PositiveInfinity), ExpUpToZero(x));

    /// <summary>The same for lanes that are not above zero, or NaN: nothing becomes too large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes ExpUpToZero<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>
    {
        var shift = TLanes.Broadcast(FloatMath.RoundingShift);
        var shifted = TLanes.Fma(x, TLanes.Broadcast(FloatMath.Log2E), shift);
        var n = -(shifted - shift);
        var r = TLanes.Fma(n, TLanes.Broadcast(FloatMath.Ln2High), x);
        r = TLanes.Fma(n, TLanes.Broadcast(FloatMath.Ln2Low), r);

        var p = TLanes.Fma(TLanes.Broadcast(FloatMath.C6), r, TLanes.Broadcast(FloatMath.C5));
        p = TLanes.Fma(p, r, TLanes.Broadcast(FloatMath.C4));
        p = TLanes.Fma(p, r, TLanes.Broadcast(FloatMath.C3));
        p = TLanes.Fma(p, r, TLanes.Broadcast(FloatMath.C2));
        p = TLanes.Fma(p, r * r, r) + TLanes.Broadcast(1f);

        var y = p * TLanes.ScaleFromShifted(shifted);
        return TLanes.WhereBelow(x, FloatMath.ExpLowest, TLanes.Zero, y);
    }

    /// <summary><c>x / (1 + e^-(slope x))</c>: silu where the slope is 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Swish<TLanes>(TLanes x, float slope) where TLanes : struct, ILanes<TLanes> =>
        x / (TLanes.Broadcast(1f) + Exp(-(x * TLanes.Broadcast(slope))));

    /// <summary><c>x / (1 + e^-x)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Silu<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => x / (TLanes.Broadcast(1f) + Exp(-x));

    /// <summary><c>1 / (1 + e^-x)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Sigmoid<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => TLanes.Broadcast(1f) / (TLanes.Broadcast(1f) + Exp(-x));

    /// <summary><c>x / (1 + e^-2u)</c> with <c>u = √(2/π) (x + 0.044715 x³)</c>, which is <c>x (1 + tanh u) / 2</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes GeluTanh<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>
    {
        var cubed = TLanes.Fma(TLanes.Broadcast(0.044715f), x * x * x, x);
        return x / (TLanes.Broadcast(1f) + Exp(cubed * TLanes.Broadcast(-1.5957691f)));
    }

    /// <summary><c>x (1 + erf(x / √2)) / 2</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Gelu<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> =>
        x * TLanes.Broadcast(0.5f) * (TLanes.Broadcast(1f) + Erf(x * TLanes.Broadcast(0.70710678f)));

    /// <summary>
    /// The hyperbolic tangent, within about 1e-7: a polynomial below 0.625, else <c>1 - 2 / (e^2|x| + 1)</c> with the sign of x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Tanh<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>
    {
        TLanes size = TLanes.Max(x, -x), square = x * x;
        var p = TLanes.Fma(TLanes.Broadcast(FloatMath.T4), square, TLanes.Broadcast(FloatMath.T3));
        p = TLanes.Fma(p, square, TLanes.Broadcast(FloatMath.T2));
        p = TLanes.Fma(p, square, TLanes.Broadcast(FloatMath.T1));
        p = TLanes.Fma(p, square, TLanes.Broadcast(FloatMath.T0));
        var small = TLanes.Fma(p * square, x, x);
        var large = TLanes.Broadcast(1f) - TLanes.Broadcast(2f) / (Exp(size + size) + TLanes.Broadcast(1f));
        return TLanes.WhereBelow(size, 0.625f, small, TLanes.WhereBelow(x, 0f, -large, large));
    }

    /// <summary>The error function, within about 1e-7: a polynomial below 1, else <c>1 - e^q(|x|)</c> with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Erf<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>
    {
        TLanes size = TLanes.Max(x, -x), square = x * x;
        var small = TLanes.Broadcast(FloatMath.ErfSmall[^1]);
        for (int i = FloatMath.ErfSmall.Length - 2; i >= 0; i--) small = TLanes.Fma(small, square, TLanes.Broadcast(FloatMath.ErfSmall[i]));
        var bounded = TLanes.WhereAbove(size, 4f, TLanes.Broadcast(4f), size);
        var q = TLanes.Broadcast(FloatMath.ErfLarge[^1]);
        for (int i = FloatMath.ErfLarge.Length - 2; i >= 0; i--) q = TLanes.Fma(q, bounded, TLanes.Broadcast(FloatMath.ErfLarge[i]));
        var large = TLanes.Broadcast(1f) - Exp(q);
        return TLanes.WhereBelow(size, 1f, small * x, TLanes.WhereBelow(x, 0f, -large, large));
    }
}
