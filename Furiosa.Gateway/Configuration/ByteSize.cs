using System.Globalization;

namespace Furiosa.Gateway.Configuration;

/// <summary>Sizes in bytes as people write them.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, double Factor)[] Units =
    [
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40), ("B", 1), ("", 1),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        var upper = text.Trim().ToUpperInvariant();
        var (suffix, factor) = Units.First(unit => upper.EndsWith(unit.Suffix, StringComparison.Ordinal));
        var isNumber = double.TryParse(upper[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        var size = number * factor;
        bytes = isNumber && size is >= 1 and < 1e18 ? (long)size : 0;
        return bytes > 0;
    }

    /// <summary>E.g. <c>8.1 MiB</c>.</summary>
    public static string Show(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        double size = bytes;
        while (size >= 1024 && unit < units.Length - 1)
        {
            size /= 1024;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? size.ToString("F0", CultureInfo.InvariantCulture) : size.ToString("F1", CultureInfo.InvariantCulture))} {units[unit]}");
    }
}
