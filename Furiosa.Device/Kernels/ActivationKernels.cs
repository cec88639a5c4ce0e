using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Nonlinearities, gated or not.</summary>
internal static unsafe class ActivationKernels<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const float OssSlope = 1.702f;

    /// <summary><c>x = f(x)</c>, or <c>x = f(x) * up</c> where there is an <paramref name="up"/>; whole vectors, in place.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="x">The gate, or the only product.</param>
    /// <param name="up">What is multiplied; null for a block without a gate.</param>
    /// <param name="count">Elements, a multiple of sixteen.</param>
    /// <param name="limit">The limit of <see cref="Activation.ClampedSwiglu"/>.</param>
    /// <param name="parameters">The four numbers of <see cref="Activation.Xielu"/>, a to d; null for others.</param>
    public static void Run(Activation activation, float* x, float* up, int count, float limit, float* parameters)
    {
        switch (activation)
        {
            case Activation.Silu: Apply<Silu>(x, up, count); break;
            case Activation.Gelu: Apply<Gelu>(x, up, count); break;
            case Activation.GeluTanh: Apply<GeluTanh>(x, up, count); break;
            case Activation.QuickGelu: Apply<QuickGelu>(x, up, count); break;
            case Activation.Relu: Apply<Relu>(x, up, count); break;
            case Activation.ReluSquared: Apply<ReluSquared>(x, up, count); break;
            case Activation.Xielu: Xielu(x, count, parameters); break;
            default: Clamped(x, up, count, limit); break;
        }
    }

    /// <summary><c>y = silu(gate) * x</c>, any number of elements: <see cref="Run"/> where heads of any size lie next to each other.</summary>
    /// <param name="gate">The gate.</param>
    /// <param name="x">What is multiplied.</param>
    /// <param name="y">Takes the result; may be either of them.</param>
    /// <param name="n">Elements, any number.</param>
    public static void GateSilu(float* gate, float* x, float* y, int n) => Gate<Silu>(gate, x, y, n);

    /// <summary><c>y = sigmoid(gate) * x</c>, any number of elements.</summary>
    /// <param name="gate">The gate.</param>
    /// <param name="x">What is multiplied.</param>
    /// <param name="y">Takes the result; may be either of them.</param>
    /// <param name="n">Elements, any number.</param>
    public static void GateSigmoid(float* gate, float* x, float* y, int n) => Gate<Sigmoid>(gate, x, y, n);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gate<TFunction>(float* gate, float* x, float* y, int n) where TFunction : IFunction
    {
        for (int i = 0; i < n; i += 16)
        {
            int rest = n - i;
            LaneTail<TLanes>.Store(y + i, TFunction.Of(LaneTail<TLanes>.Load(gate + i, rest)) * LaneTail<TLanes>.Load(x + i, rest), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TFunction>(float* x, float* up, int count) where TFunction : IFunction
    {
        if (up is null)
        {
            for (int i = 0; i < count; i += 16) TLanes.Store(x + i, TFunction.Of(TLanes.Load(x + i)));
            return;
        }

        for (int i = 0; i < count; i += 16) TLanes.Store(x + i, TFunction.Of(TLanes.Load(x + i)) * TLanes.Load(up + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Clamped(float* gate, float* up, int count, float limit)
    {
        TLanes most = TLanes.Broadcast(limit), one = TLanes.Broadcast(1f);
        for (int i = 0; i < count; i += 16)
        {
            TLanes g = TLanes.Load(gate + i), u = TLanes.Load(up + i);
            g = TLanes.WhereAbove(g, limit, most, g);
            u = TLanes.WhereAbove(u, limit, most, TLanes.WhereBelow(u, -limit, -most, u));
            TLanes.Store(gate + i, (u + one) * LaneMath.Swish(g, OssSlope));
        }
    }

    // e^y - 1 by its series where y is small: the difference with x would have nothing left of it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Xielu(float* x, int count, float* parameters)
    {
        TLanes a = TLanes.Broadcast(parameters[0]), b = TLanes.Broadcast(parameters[1]), c = TLanes.Broadcast(parameters[2]), d = TLanes.Broadcast(parameters[3]);
        for (int i = 0; i < count; i += 16)
        {
            TLanes value = TLanes.Load(x + i), linear = c * value, low = -TLanes.Max(-value, -d);
            var series = TLanes.Fma(TLanes.Fma(TLanes.Broadcast(1f / 24), low, TLanes.Broadcast(1f / 6)), low, TLanes.Broadcast(0.5f));
            var less = TLanes.WhereAbove(low, -0.05f, TLanes.Fma(series, low * low, low), LaneMath.Exp(low) - TLanes.Broadcast(1f));
            TLanes.Store(x + i, TLanes.WhereAbove(value, 0, a * value * value + linear, (less - value) * b + linear));
        }
    }

    private interface IFunction
    {
        static abstract TLanes Of(TLanes x);
    }

    private readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => LaneMath.Silu(x);
    }

    private readonly struct Sigmoid : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => LaneMath.Sigmoid(x);
    }

    private readonly struct Gelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => LaneMath.Gelu(x);
    }

    private readonly struct GeluTanh : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => LaneMath.GeluTanh(x);
    }

    private readonly struct QuickGelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => LaneMath.Swish(x, 1.702f);
    }

    private readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x) => TLanes.Max(x, TLanes.Zero);
    }

    private readonly struct ReluSquared : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of(TLanes x)
        {
            var positive = TLanes.Max(x, TLanes.Zero);
            return positive * positive;
        }
    }
}
