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
    public readonly void FetchSoon()
    {
        for (int line = 0; line < TPanel.PairBytes; line += 64) LaneFetch<TLanes>.Soon(_pair + LaneFetch<TLanes>.AheadBytes + line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(out TLanes evenLeft, out TLanes evenRight, out TLanes oddLeft, out TLanes oddRight)
    {
        TPanel.Low(_pair, out evenLeft, out evenRight);
        TPanel.High(_pair, out oddLeft, out oddRight);
        _pair += TPanel.PairBytes;
    }
}
