using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Keys and values as a KV cache keeps them, read as float lanes.</summary>
internal unsafe interface IKvElements<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Bytes of one element.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether each position has scales, which multiply its score and its weight.</summary>
    static abstract bool IsScaled { get; }

    /// <summary>Sixteen neighbours.</summary>
    static abstract TLanes Load(byte* source);
}

/// <summary>Floats.</summary>
internal readonly unsafe struct Float32Elements<TLanes> : IKvElements<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int Bytes => sizeof(float);

    public static bool IsScaled => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(byte* source) => TLanes.Load((float*)source);
}

/// <summary>The upper halves of floats.</summary>
internal readonly unsafe struct Bfloat16Elements<TLanes> : IKvElements<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int Bytes => sizeof(ushort);

    public static bool IsScaled => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(byte* source) => TLanes.LoadBf16((ushort*)source);
}

/// <summary>Signed bytes with scales.</summary>
internal readonly unsafe struct Int8Elements<TLanes> : IKvElements<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static int Bytes => sizeof(sbyte);

    public static bool IsScaled => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load(byte* source) => TLanes.LoadInt8((sbyte*)source);
}
