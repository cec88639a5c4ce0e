using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's comparisons.</summary>
internal static class Comparison
{
    /// <summary>Whether a comparison holds.</summary>
    /// <exception cref="ChatTemplateException">The values cannot be compared so; the message is Python's.</exception>
    public static bool Holds(string symbol, JinjaValue left, JinjaValue right, JinjaContext context)
    {
        context.Budget.Spend();
        return symbol switch
        {
            "==" => left.EqualTo(right, context.Budget),
            "!=" => !left.EqualTo(right, context.Budget),
            "in" => Contains(right, left, context),
            "not in" => !Contains(right, left, context),
            _ => Ordered(symbol, left, right, context),
        };
    }

    /// <summary>Less than, equal to or greater than 0 as <paramref name="left"/> is to <paramref name="right"/>; null where a number is not one.</summary>
    /// <exception cref="ChatTemplateException">The values have no order.</exception>
    public static int? Order(JinjaValue left, JinjaValue right, string symbol, JinjaContext context)
    {
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } undefined)
            throw undefined.Error();
        context.Budget.Spend();
        switch (left, right)
        {
            case (NumericValue a, NumericValue b):
                return a.CompareTo(b);
            case (TextValue a, TextValue b):
                return CompareCodePoints(a.Value, b.Value);
            case (ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                JinjaContext.EnsureStack();
                for (var i = 0; i < Math.Min(a.Values.Count, b.Values.Count); i++)
                {
                    if (!a.Values[i].EqualTo(b.Values[i], context.Budget))
                        return Order(a.Values[i], b.Values[i], symbol, context);
                }

                return a.Values.Count.CompareTo(b.Values.Count);
            default:
                throw new ChatTemplateException($"'{symbol}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
        }
    }

    private static bool Ordered(string symbol, JinjaValue left, JinjaValue right, JinjaContext context)
    {
        var order = Order(left, right, symbol, context);
        return order != null && symbol switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    // Python orders by code point; .NET's ordinal order would put U+E000 to U+FFFF after the planes above them.
    private static int CompareCodePoints(string left, string right)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a == b)
                continue;
            return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
        }

        return left.Length.CompareTo(right.Length);
    }

    private static bool Contains(JinjaValue container, JinjaValue value, JinjaContext context)
    {
        switch (container)
        {
            case TextValue text:
                if (value is UndefinedValue undefined)
                    throw undefined.Error();
                if (value is not TextValue part)
                    throw new ChatTemplateException($"'in <string>' requires string as left operand, not {value.TypeName}");
                context.Budget.SpendText(text.Value.Length);
                return text.Value.Contains(part.Value, StringComparison.Ordinal);
            case MappingValue mapping:
                return mapping.Find(value) != null;
            case UndefinedValue:
                return false;
            default:
                var elements = container.Elements() ?? throw new ChatTemplateException($"argument of type '{container.TypeName}' is not iterable");
                return elements.Any(element =>
                {
                    context.Budget.Spend();
                    return element.EqualTo(value, context.Budget);
                });
        }
    }
}
