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

    private readonly NativeBuffer _memory = Touched();
    private readonly float[] _sink = new float[Math.Max(Parts, team.ThreadCount)];

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
        bool wide = Vector512.IsHardwareAccelerated;
        long start = Stopwatch.GetTimestamp();
        team.Run(team.ThreadCount, (_, part) => _sink[part] = wide ? FloatPeak.Run512(Steps) : FloatPeak.Run256(Steps));
        int lanes = wide ? Vector512<float>.Count : Vector256<float>.Count;
        return (double)Steps * FloatPeak.Chains * lanes * team.ThreadCount / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
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
}
