using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels;

/// <summary>Reads pairs of inputs of a panel one after another as floats.</summary>
internal unsafe interface IPanelReader<TLanes> where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Asks for what will soon be read: for a tile that reads each weight once.</summary>
    void FetchSoon();

    /// <summary>Two inputs of 32 columns.</summary>
    void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight);
}

/// <summary>Reads a panel of one of the plain formats.</summary>
/// <param name="pair">Its first pair.</param>
internal unsafe struct PlainReader<TLanes, TPanel>(byte* pair) : IPanelReader<TLanes>
    where TLanes : struct, ILanes<TLanes>
    where TPanel : struct, IPanelFormat<TLanes>
{
    private byte* _pair = pair;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FetchSoon() => LaneFetch<TLanes>.Ahead(_pair, TPanel.PairBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight)
    {
        TPanel.Low(_pair, out evenLeft, out evenRight);
        TPanel.High(_pair, out oddLeft, out oddRight);
        _pair += TPanel.PairBytes;
    }
}

/// <summary>Reads weights that have just been widened, input after input, and lie in the cache.</summary>
/// <param name="wide">The 32 floats of the first input.</param>
internal unsafe struct WideReader<TLanes>(float* wide) : IPanelReader<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private float* _wide = wide;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FetchSoon()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight)
    {
        F32Panel<TLanes>.Low((byte*)_wide, out evenLeft, out evenRight);
        F32Panel<TLanes>.High((byte*)_wide, out oddLeft, out oddRight);
        _wide += 2 * PackedMatrix.PanelColumns;
    }
}
