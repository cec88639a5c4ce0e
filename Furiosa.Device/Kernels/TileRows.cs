namespace Furiosa.Device.Kernels;

/// <summary>Rows of a tile, known to the compiler.</summary>
internal interface ITileRows
{
    /// <summary>How many.</summary>
    static abstract int Count { get; }
}

internal readonly struct OneRow : ITileRows
{
    public static int Count => 1;
}

internal readonly struct TwoRows : ITileRows
{
    public static int Count => 2;
}

internal readonly struct ThreeRows : ITileRows
{
    public static int Count => 3;
}

internal readonly struct FourRows : ITileRows
{
    public static int Count => 4;
}

internal readonly struct FiveRows : ITileRows
{
    public static int Count => 5;
}

internal readonly struct SixRows : ITileRows
{
    public static int Count => 6;
}

internal readonly struct SevenRows : ITileRows
{
    public static int Count => 7;
}

internal readonly struct EightRows : ITileRows
{
    public static int Count => 8;
}
