using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Functions of sixteen lanes, the same steps as their scalar definitions.</summary>
internal static class LaneMath
{
    /// <summary><see cref="FloatMath.Exp"/> of each lane, to the bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exp<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes>
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
        y = TLanes.WhereBelow(x, FloatMath.ExpLowest, TLanes.Zero, y);
        return TLanes.WhereAbove(x, FloatMath.ExpHighest, TLanes.Broadcast(float.PositiveInfinity), y);
    }

    /// <summary><c>x / (1 + e^-x)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Silu<TLanes>(TLanes x) where TLanes : struct, ILanes<TLanes> => x / (TLanes.Broadcast(1f) + Exp(-x));
}
