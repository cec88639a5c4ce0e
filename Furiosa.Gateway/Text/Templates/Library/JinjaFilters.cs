using System.Globalization;
using System.Numerics;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>All filters by name, and those on single values.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, JinjaFilter> Named = new(StringComparer.Ordinal)
    {
        ["abs"] = (input, _, _) => input is UndefinedValue undefined ? throw undefined.Error() : input is NumericValue number && (number.Whole is { } whole ? whole.Sign < 0 : number.Real < 0) ? Arithmetic.Sign(isMinus: true, input) : input is FloatValue real ? new FloatValue(Math.Abs(real.Real)) : Arithmetic.Sign(isMinus: false, input),
        ["attr"] = (input, arguments, context) => input.Attribute(arguments.Require(0, "name", "attr").Text(context.Budget))
            ?? new UndefinedValue($"'{JinjaValues.Describe(input)}' has no attribute '{arguments.Positional[0].Text(context.Budget)}'"),
        ["default"] = Default,
        ["d"] = Default,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["round"] = Round,
        ["pprint"] = PrettyPrint.Filter,
        ["tojson"] = JsonFilter.Filter,
    };

    // What each takes beside its input; those that are not listed take nothing.
    private static readonly Dictionary<string, CallSignature> Signatures = new Dictionary<string, string>
    {
        ["attr"] = "name", ["batch"] = "linecount fill_with?", ["center"] = "width?", ["d"] = "default_value? boolean?", ["default"] = "default_value? boolean?",
        ["dictsort"] = "case_sensitive? by? reverse?", ["filesizeformat"] = "binary?", ["float"] = "default?", ["format"] = "*",
        ["groupby"] = "attribute default? case_sensitive?", ["indent"] = "width? first? blank?", ["int"] = "default? base?", ["join"] = "d? attribute?",
        ["map"] = "*", ["max"] = "case_sensitive? attribute?", ["min"] = "case_sensitive? attribute?", ["reject"] = "*", ["rejectattr"] = "*",
        ["replace"] = "old new count?", ["round"] = "precision? method?", ["select"] = "*", ["selectattr"] = "*", ["slice"] = "slices fill_with?",
        ["sort"] = "reverse? case_sensitive? attribute?", ["sum"] = "attribute? start?", ["tojson"] = "ensure_ascii? indent? separators? sort_keys?",
        ["trim"] = "chars?", ["truncate"] = "length? killwords? end? leeway?", ["unique"] = "case_sensitive? attribute?",
        ["wordwrap"] = "width? break_long_words? wrapstring? break_on_hyphens?", ["xmlattr"] = "autospace?",
        ["urlize"] = "trim_url_limit? nofollow? target? rel? extra_schemes?",
    }.ToDictionary(entry => entry.Key, entry => CallSignature.Of(entry.Value));

    private static readonly CallSignature NoArguments = CallSignature.Of(string.Empty);

    static JinjaFilters()
    {
        foreach (var (name, filter) in TextFilters.All.Concat(SequenceFilters.All))
            Named.Add(name, filter);
        foreach (var (name, filter) in Named.ToList())
            Named[name] = Checked(name, filter);
    }

    private static JinjaFilter Checked(string name, JinjaFilter filter)
    {
        var signature = Signatures.GetValueOrDefault(name, NoArguments);
        return (input, arguments, context) =>
        {
            signature.Check(name, arguments);
            return filter(input, arguments, context);
        };
    }

    /// <summary>The filter of that name, or null.</summary>
    public static JinjaFilter? Find(string name) => Named.GetValueOrDefault(name);

    private static JinjaValue Default(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var alsoFalse = arguments.Find(1, "boolean")?.Truth ?? false;
        return input is UndefinedValue || (alsoFalse && !input.Truth) ? arguments.Find(0, "default_value") ?? TextValue.Empty : input;
    }

    private static JinjaValue ToInteger(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var otherwise = arguments.Find(0, "default") ?? new IntegerValue(0);
        switch (input)
        {
            case UndefinedValue undefined:
                throw undefined.Error();
            case NumericValue { Whole: { } whole }:
                return new IntegerValue(whole);
            case NumericValue { Real: var real }:
                return Truncated(real) ?? otherwise;
            case TextValue text:
                var radix = arguments.Find(1, "base") is { } given ? JinjaValues.ToIndex(given) : 10;
                // As in Jinja, "42.5" counts as 42.
                return PythonNumbers.Whole(text.Value, radix) is { } value ? new IntegerValue(value)
                    : PythonNumbers.Real(text.Value) is { } fraction ? Truncated(fraction) ?? otherwise : otherwise;
            default:
                return otherwise;
        }
    }

    private static IntegerValue? Truncated(double value) => double.IsInfinity(value)
        ? throw new ChatTemplateException("cannot convert float infinity to integer")
        : double.IsNaN(value) ? null : new IntegerValue(new BigInteger(value));

    private static JinjaValue ToFloat(JinjaValue input, CallArguments arguments, JinjaContext context) => input switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        NumericValue number => new FloatValue(number.Real),
        TextValue text when PythonNumbers.Real(text.Value) is { } value => new FloatValue(value),
        _ => arguments.Find(0, "default") ?? new FloatValue(0),
    };

    private static JinjaValue Round(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var method = arguments.Find(1, "method")?.Text(context.Budget) ?? "common";
        if (method is not ("common" or "ceil" or "floor"))
            throw new ChatTemplateException("method must be common, ceil or floor");
        if (input is not NumericValue number)
            throw input is UndefinedValue undefined ? undefined.Error() : new ChatTemplateException($"type {input.TypeName} doesn't define __round__ method");
        var precision = arguments.Find(0, "precision") is { } digits ? JinjaValues.ToIndex(digits) : 0;
        if (method == "common")
            return number.Whole is { } whole ? new IntegerValue(RoundWhole(whole, precision)) : new FloatValue(RoundReal(number.Real, precision));
        var scale = Math.Pow(10, precision);
        // Python's ceil and floor are whole numbers, which have no negative zero.
        return new FloatValue(((method == "ceil" ? Math.Ceiling(number.Real * scale) : Math.Floor(number.Real * scale)) + 0.0) / scale);
    }

    // Halves go to the even neighbour.
    private static BigInteger RoundWhole(BigInteger value, int precision)
    {
        if (precision >= 0)
            return value;
        if (precision < -1000)
            return BigInteger.Zero;
        var unit = BigInteger.Pow(10, -precision);
        var quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out var remainder);
        var twice = remainder * 2;
        if (twice > unit || (twice == unit && !quotient.IsEven))
            quotient++;
        return quotient * unit * value.Sign;
    }

    // By the exact decimal digits, as Python's round, not by multiplying.
    private static double RoundReal(double value, int precision)
    {
        if (!double.IsFinite(value) || precision > 323)
            return value;
        if (precision >= 0)
            return double.Parse(value.ToString($"F{precision}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        if (precision < -308)
            return Math.CopySign(0, value);
        var unit = Math.Pow(10, -precision);
        return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
    }
}
