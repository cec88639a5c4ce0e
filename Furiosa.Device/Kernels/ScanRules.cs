using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>What a row adds to a state, times its key.</summary>
internal interface IScanRule<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Whether it depends on what the state has for the key.</summary>
    static abstract bool Reads { get; }

    static abstract TLanes Update(TLanes value, TLanes gain, TLanes read);
}

/// <summary>The gated delta rule: what the value differs by from what the state has.</summary>
internal readonly struct DeltaRule<TLanes> : IScanRule<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static bool Reads => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Update(TLanes value, TLanes gain, TLanes read) => (value - read) * gain;
}

/// <summary>Mamba 2: the value.</summary>
internal readonly struct StateSpaceRule<TLanes> : IScanRule<TLanes> where TLanes : struct, ILanes<TLanes>
{
    public static bool Reads => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Update(TLanes value, TLanes gain, TLanes read) => gain * value;
}
