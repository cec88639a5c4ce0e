using System.Globalization;
using System.Numerics;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>All filters by name, and those on single values.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, JinjaFilter> Named = new(StringComparer.Ordinal)
    {
        ["abs"] = (input, _, _) => input is NumericValue number && (number.Whole is { } whole ? whole.Sign < 0 : number.Real < 0) ? Arithmetic.Sign(isMinus: true, input) : Arithmetic.Sign(isMinus: false, input),
        ["attr"] = (input, arguments, context) => input.Attribute(arguments.Require(0, "name", "attr").Text(context.Budget))
            ?? new UndefinedValue($"'{JinjaValues.Describe(input)}' has no attribute '{arguments.Positional[0].Text(context.Budget)}'"),
        ["default"] = Default,
        ["d"] = Default,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["round"] = Round,
        ["pprint"] = (input, _, context) => new TextValue(PythonText.Repr(input, context.Budget)),
        ["tojson"] = JsonFilter.Filter,
    };

    static JinjaFilters()
    {
        foreach (var (name, filter) in TextFilters.All.Concat(SequenceFilters.All))
            Named.Add(name, filter);
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
                return double.IsFinite(real) ? new IntegerValue(new BigInteger(real)) : otherwise;
            case TextValue { Value.Length: <= 1000 } text:
                var trimmed = text.Value.Trim().Replace("_", string.Empty, StringComparison.Ordinal);
                if (arguments.Find(1, "base") is { } radix && JinjaValues.ToIndex(radix) == 16)
                {
                    var digits = trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? trimmed[2..] : trimmed;
                    return BigInteger.TryParse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? new IntegerValue(hex) : otherwise;
                }

                if (BigInteger.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                    return new IntegerValue(value);
                return double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && double.IsFinite(fraction) ? new IntegerValue(new BigInteger(fraction)) : otherwise;
            default:
                return otherwise;
        }
    }

    private static JinjaValue ToFloat(JinjaValue input, CallArguments arguments, JinjaContext context) => input switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        NumericValue number => new FloatValue(number.Real),
        TextValue text when double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => new FloatValue(value),
        _ => arguments.Find(0, "default") ?? new FloatValue(0),
    };

    private static JinjaValue Round(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is not NumericValue number)
            throw new ChatTemplateException($"type {input.TypeName} doesn't define __round__ method");
        var precision = Math.Clamp(arguments.Find(0, "precision") is { } digits ? JinjaValues.ToIndex(digits) : 0, -15, 15);
        var method = arguments.Find(1, "method")?.Text(context.Budget) ?? "common";
        if (method == "common" && number.Whole != null && precision >= 0)
            return number; // Python's round leaves whole numbers whole
        var scale = Math.Pow(10, precision);
        return new FloatValue(method switch
        {
            "common" => precision >= 0 ? Math.Round(number.Real, precision, MidpointRounding.ToEven) : Math.Round(number.Real * scale) / scale,
            "ceil" => Math.Ceiling(number.Real * scale) / scale,
            "floor" => Math.Floor(number.Real * scale) / scale,
            _ => throw new ChatTemplateException("method must be common, ceil or floor"),
        });
    }
}
