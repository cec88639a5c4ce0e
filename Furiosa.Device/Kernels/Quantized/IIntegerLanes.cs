namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Sixteen 32-bit integer lanes beside sixteen float lanes. Products are of 16-bit halves, which no sum of four byte products
/// can overflow: all levels give the exact integer.
/// </summary>
internal unsafe interface IIntegerLanes<TSelf, TLanes> where TSelf : struct where TLanes : struct
{
    static abstract TSelf Load(byte* source);

    static abstract TSelf Broadcast(int value);

    /// <summary>Bytes 0 and 2 of each lane as unsigned 16-bit halves.</summary>
    static abstract TSelf Even(TSelf bytes);

    /// <summary>Bytes 1 and 3 of each lane as unsigned 16-bit halves.</summary>
    static abstract TSelf Odd(TSelf bytes);

    /// <summary>Bytes 0 and 2 of each lane as signed 16-bit halves.</summary>
    static abstract TSelf EvenSigned(TSelf bytes);

    /// <summary>Bytes 1 and 3 of each lane as signed 16-bit halves.</summary>
    static abstract TSelf OddSigned(TSelf bytes);

    /// <summary>The low four bits of each byte.</summary>
    static abstract TSelf LowNibbles(TSelf bytes);

    /// <summary>The high four bits of each byte.</summary>
    static abstract TSelf HighNibbles(TSelf bytes);

    /// <summary>Adds the products of both signed 16-bit halves of each lane.</summary>
    static abstract TSelf AddProducts(TSelf sum, TSelf left, TSelf right);

    /// <summary>The same bits as floats.</summary>
    static abstract TLanes AsFloats(TSelf value);

    /// <summary>Widens sixteen finite halves.</summary>
    static abstract TLanes Halves(byte* source);
}
