using System.Globalization;

namespace Furiosa.Gateway.Configuration;

/// <summary>Times as people write them: <c>500 ms</c>, <c>30 s</c>, <c>5 min</c>, <c>1 h</c>.</summary>
internal static class Durations
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("min", 60), ("seconds", 1), ("second", 1), ("m", 60), ("s", 1), ("h", 3600), ("", 1)];

    public static bool TryParse(string text, out TimeSpan time)
    {
        var trimmed = text.Trim();
        var (suffix, seconds) = Units.First(unit => trimmed.EndsWith(unit.Suffix, StringComparison.Ordinal));
        var isNumber = double.TryParse(trimmed[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        var fits = isNumber && number * seconds <= 86_400 * 7;
        time = fits ? TimeSpan.FromSeconds(number * seconds) : default;
        return fits;
    }
}
