using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Furiosa.Device.Execution;
using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Benchmarks;

/// <summary>Measures what the machine can do at most, with all threads of a team.</summary>
internal sealed unsafe class MachineProbe(ComputeTeam team) : IDisposable
{
    private const long ReadBytes = 512L << 20;
    private const int Parts = 512;
    private const int Chains = 12;

    private readonly NativeBuffer _memory = Touched();
    private readonly float[] _sink = new float[Parts];

    /// <summary>Gigabytes a second of a plain read.</summary>
    public double Read()
    {
        long start = Stopwatch.GetTimestamp();
        team.Run(Parts, (_, part) => _sink[part] = Sum(_memory.Pointer + part * (ReadBytes / Parts), ReadBytes / Parts));
        return ReadBytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    /// <summary>Milliards of float multiply-adds a second.</summary>
    public double Floats()
    {
        const int Steps = 2_000_000;
        long start = Stopwatch.GetTimestamp();
        team.Run(team.ThreadCount, (_, part) => _sink[part] = Multiply(Steps));
        return (double)Steps * Chains * Vector512<float>.Count * team.ThreadCount / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    /// <summary>Milliards of byte multiply-adds a second with dot-product instructions; 0 where there are none.</summary>
    public double Bytes()
    {
        const int Steps = 2_000_000;
        if (!VnniPeak.IsSupported) return 0;
        long start = Stopwatch.GetTimestamp();
        team.Run(team.ThreadCount, (_, _) => VnniPeak.Run(Steps));
        return (double)Steps * VnniPeak.ProductsPerStep * team.ThreadCount / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    public void Dispose() => _memory.Dispose();

    private static NativeBuffer Touched()
    {
        var buffer = new NativeBuffer(ReadBytes);
        new Span<byte>(buffer.Pointer, (int)ReadBytes).Fill(1);
        return buffer;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(byte* p, long bytes)
    {
        Vector512<int> a = Vector512<int>.Zero, b = a;
        for (byte* end = p + bytes; p < end; p += 128)
        {
            a += Vector512.Load((int*)p);
            b += Vector512.Load((int*)p + 16);
        }

        return Vector512.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Multiply(int steps)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (; steps > 0; steps--)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
