using System.Numerics;
using System.Text;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's arithmetic: numbers, and <c>+</c>, <c>*</c> and <c>%</c> on texts and lists.</summary>
internal static class Arithmetic
{
    // Whole numbers have no size of their own; this many bits are more than any template needs.
    private const int MostBits = 4096;

    /// <summary><c>-value</c> or <c>+value</c>.</summary>
    public static JinjaValue Sign(bool isMinus, JinjaValue value) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        NumericValue { Whole: { } whole } => new IntegerValue(isMinus ? -whole : whole),
        NumericValue number => new FloatValue(isMinus ? -number.Real : number.Real),
        _ => throw new ChatTemplateException($"bad operand type for unary {(isMinus ? '-' : '+')}: '{value.TypeName}'"),
    };

    /// <summary>The result of a binary operator.</summary>
    /// <exception cref="ChatTemplateException">The operator does not take these values; the message is Python's.</exception>
    public static JinjaValue Apply(string symbol, JinjaValue left, JinjaValue right, JinjaContext context)
    {
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } undefined && !(symbol == "%" && left is TextValue))
            throw undefined.Error();
        return (symbol, left, right) switch
        {
            (_, NumericValue a, NumericValue b) => Numbers(symbol, a, b),
            ("+", TextValue a, TextValue b) => Join(a, b, context),
            ("+", ListValue a, ListValue b) when a.IsTuple == b.IsTuple => Join(a, b, context),
            ("*", TextValue or ListValue, NumericValue { Whole: { } count }) => Repeat(left, count, context),
            ("*", NumericValue { Whole: { } count }, TextValue or ListValue) => Repeat(right, count, context),
            ("%", TextValue a, _) => PercentFormat.Apply(a, right, context),
            ("+", TextValue or ListValue, _) => throw new ChatTemplateException($"can only concatenate {left.TypeName} (not \"{right.TypeName}\") to {left.TypeName}"),
            _ => throw Unsupported(symbol, left, right),
        };
    }

    private static ChatTemplateException Unsupported(string symbol, JinjaValue left, JinjaValue right) =>
        new($"unsupported operand type(s) for {(symbol == "**" ? "** or pow()" : symbol)}: '{left.TypeName}' and '{right.TypeName}'");

    private static TextValue Join(TextValue left, TextValue right, JinjaContext context)
    {
        context.Budget.SpendText((long)left.Value.Length + right.Value.Length);
        if (!left.IsSafe && !right.IsSafe)
            return new TextValue(left.Value + right.Value);
        return new TextValue(Escaped(left) + Escaped(right), isSafe: true);
    }

    private static string Escaped(TextValue text) => text.IsSafe ? text.Value : TextFilters.EscapeHtml(text.Value);

    private static ListValue Join(ListValue left, ListValue right, JinjaContext context)
    {
        context.Budget.SpendList((long)left.Values.Count + right.Values.Count);
        return new ListValue([.. left.Values, .. right.Values], left.IsTuple);
    }

    private static JinjaValue Repeat(JinjaValue value, BigInteger times, JinjaContext context)
    {
        var count = (int)BigInteger.Max(0, BigInteger.Min(times, RenderBudget.LargestText + 1));
        if (value is TextValue text)
        {
            context.Budget.SpendText((long)text.Value.Length * count);
            return new TextValue(new StringBuilder().Insert(0, text.Value, text.Value.Length == 0 ? 0 : count).ToString(), text.IsSafe);
        }

        var list = (ListValue)value;
        context.Budget.SpendList((long)list.Values.Count * count);
        return new ListValue([.. Enumerable.Repeat(list.Values, list.Values.Count == 0 ? 0 : count).SelectMany(elements => elements)], list.IsTuple);
    }

    private static JinjaValue Numbers(string symbol, NumericValue left, NumericValue right)
    {
        if (left.Whole is { } a && right.Whole is { } b && symbol != "/" && !(symbol == "**" && b < 0))
            return new IntegerValue(Bounded(WholeNumbers(symbol, a, b)));
        return new FloatValue(RealNumbers(symbol, left.Real, right.Real));
    }

    private static BigInteger WholeNumbers(string symbol, BigInteger left, BigInteger right)
    {
        switch (symbol)
        {
            case "+":
                return left + right;
            case "-":
                return left - right;
            case "*":
                return left * right;
            case "**":
                if (right * left.GetBitLength() > MostBits)
                    throw TooLarge();
                return BigInteger.Pow(left, (int)right);
            default:
                if (right.IsZero)
                    throw new ChatTemplateException("integer division or modulo by zero");
                // Python rounds down where .NET rounds towards zero.
                var quotient = BigInteger.DivRem(left, right, out var remainder);
                if (!remainder.IsZero && (remainder.Sign < 0) != (right.Sign < 0))
                    (quotient, remainder) = (quotient - 1, remainder + right);
                return symbol == "//" ? quotient : remainder;
        }
    }

    private static BigInteger Bounded(BigInteger value) => value.GetBitLength() <= MostBits ? value : throw TooLarge();

    private static ChatTemplateException TooLarge() => new($"the chat template makes a number of more than {MostBits} bits.");

    private static double RealNumbers(string symbol, double left, double right)
    {
        if (right == 0 && symbol is "/" or "//" or "%")
            throw new ChatTemplateException(symbol == "/" ? "division by zero" : "float floor division by zero");
        return symbol switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "//" => FloorDivide(left, right),
            "%" => Modulo(left, right),
            _ => Power(left, right),
        };
    }

    // The remainder has the sign of the divisor.
    private static double Modulo(double left, double right)
    {
        var remainder = left % right;
        if (remainder == 0)
            return Math.CopySign(0, right);
        return (right < 0) == (remainder < 0) ? remainder : remainder + right;
    }

    private static double FloorDivide(double left, double right)
    {
        var quotient = (left - Modulo(left, right)) / right;
        if (quotient == 0)
            return Math.CopySign(0, left / right);
        var floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Power(double left, double right)
    {
        if (left == 0 && right < 0)
            throw new ChatTemplateException("0.0 cannot be raised to a negative power");
        if (left < 0 && double.IsFinite(left) && double.IsFinite(right) && !double.IsInteger(right))
            throw new ChatTemplateException("a negative number to the power of a fraction is a complex number");
        var result = Math.Pow(left, right);
        return double.IsInfinity(result) && double.IsFinite(left) && double.IsFinite(right) ? throw new ChatTemplateException("Numerical result out of range") : result;
    }
}
