using System.Globalization;
using System.Numerics;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>An exact decimal number: <paramref name="Unscaled"/> times ten to the power of minus <paramref name="Scale"/>.</summary>
internal readonly record struct DecimalNumber(BigInteger Unscaled, int Scale) : IComparable<DecimalNumber>
{
    private const int MaxExponent = 400;

    public bool IsInteger => Unscaled % BigInteger.Pow(10, Scale) == 0;

    /// <summary>Digits before the point, of the magnitude, without leading zeros; "0" where there are none.</summary>
    public string WholeDigits => (BigInteger.Abs(Unscaled) / BigInteger.Pow(10, Scale)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Digits after the point, of the magnitude, without trailing zeros.</summary>
    public string FractionDigits
    {
        get
        {
            if (Scale == 0)
                return "";
            var rest = BigInteger.Abs(Unscaled) % BigInteger.Pow(10, Scale);
            return rest.ToString(CultureInfo.InvariantCulture).PadLeft(Scale, '0').TrimEnd('0');
        }
    }

    /// <summary>Reads a JSON number; null where it is none, or its exponent is beyond 400.</summary>
    public static DecimalNumber? TryRead(JToken token)
    {
        if (token is not JValue { Type: JTokenType.Integer or JTokenType.Float } value)
            return null;
        var text = value.Value switch
        {
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            var number => Convert.ToString(number, CultureInfo.InvariantCulture)!,
        };
        var mantissa = text;
        var exponent = 0;
        if (text.IndexOfAny(['e', 'E']) is var e and > 0)
        {
            mantissa = text[..e];
            if (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > MaxExponent)
                return null;
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var scale = point < 0 ? 0 : mantissa.Length - point - 1;
        if (scale > MaxExponent || !BigInteger.TryParse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var digits))
            return null;
        scale -= exponent;
        return scale >= 0 ? new DecimalNumber(digits, scale) : new DecimalNumber(digits * BigInteger.Pow(10, -scale), 0);
    }

    /// <summary>The same number without zeros at the end of its fraction: equal for equal numbers.</summary>
    public DecimalNumber Shortest()
    {
        var (digits, scale) = (Unscaled, Scale);
        while (scale > 0 && digits % 10 == 0)
            (digits, scale) = (digits / 10, scale - 1);
        return new DecimalNumber(digits, scale);
    }

    public int CompareTo(DecimalNumber other) => AtScale(Math.Max(Scale, other.Scale)).CompareTo(other.AtScale(Math.Max(Scale, other.Scale)));

    public bool IsMultipleOf(DecimalNumber step) => AtScale(Math.Max(Scale, step.Scale)) % step.AtScale(Math.Max(Scale, step.Scale)) == 0;

    /// <summary>The number times ten to the power of a scale not below its own.</summary>
    public BigInteger AtScale(int scale) => Unscaled * BigInteger.Pow(10, scale - Scale);
}
