using System.Numerics;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Jinja's tests by name.</summary>
internal static class JinjaTests
{
    private static readonly Dictionary<string, JinjaTest> Named = new(StringComparer.Ordinal)
    {
        ["defined"] = (input, _, _) => input is not UndefinedValue,
        ["undefined"] = (input, _, _) => input is UndefinedValue,
        ["none"] = (input, _, _) => input is NoneValue,
        ["boolean"] = (input, _, _) => input is BooleanValue,
        ["true"] = (input, _, _) => input is BooleanValue { Truth: true },
        ["false"] = (input, _, _) => input is BooleanValue { Truth: false },
        ["integer"] = (input, _, _) => input is IntegerValue,
        ["float"] = (input, _, _) => input is FloatValue,
        ["number"] = (input, _, _) => input is NumericValue,
        ["string"] = (input, _, _) => input is TextValue,
        ["mapping"] = (input, _, _) => input is MappingValue,
        ["sequence"] = (input, _, _) => input is TextValue or ListValue or MappingValue or UndefinedValue,
        ["iterable"] = (input, _, _) => input is TextValue or ListValue or MappingValue or UndefinedValue or GeneratorValue,
        ["callable"] = (input, _, _) => input is FunctionValue or Nodes.MacroValue or UndefinedValue,
        ["escaped"] = (input, _, _) => input is TextValue { IsSafe: true },
        ["lower"] = (input, _, context) => Cased(input.Text(context.Budget), char.IsLower, char.IsUpper),
        ["upper"] = (input, _, context) => Cased(input.Text(context.Budget), char.IsUpper, char.IsLower),
        ["even"] = (input, _, _) => Remainder(input, 2).IsZero,
        ["odd"] = (input, _, _) => !Remainder(input, 2).IsZero,
        ["divisibleby"] = (input, arguments, _) => Remainder(input, Whole(arguments.Require(0, "num", "divisibleby"))).IsZero,
        ["sameas"] = (input, arguments, _) => Same(input, arguments.Require(0, "other", "sameas")),
        ["in"] = Compare("in"),
        ["filter"] = (input, _, context) => JinjaFilters.Find(input.Text(context.Budget)) != null,
        ["test"] = (input, _, context) => Find(input.Text(context.Budget)) != null,
    };

    static JinjaTests()
    {
        foreach (var (symbol, names) in (KeyValuePair<string, string>[])[new("==", "== eq equalto"), new("!=", "!= ne"), new("<", "< lt lessthan"), new("<=", "<= le"), new(">", "> gt greaterthan"), new(">=", ">= ge")])
        {
            foreach (var name in names.Split(' '))
                Named.Add(name, Compare(symbol));
        }
    }

    /// <summary>The test of that name, or null.</summary>
    public static JinjaTest? Find(string name) => Named.GetValueOrDefault(name);

    private static JinjaTest Compare(string symbol) => (input, arguments, context) => Comparison.Holds(symbol, input, arguments.Require(0, "other", symbol), context);

    private static bool Cased(string text, Func<char, bool> wanted, Func<char, bool> unwanted) => text.Any(wanted) && !text.Any(unwanted);

    private static BigInteger Whole(JinjaValue value) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        NumericValue { Whole: { } whole } => whole,
        _ => throw new ChatTemplateException($"an integer is required, not {value.TypeName}"),
    };

    private static BigInteger Remainder(JinjaValue value, BigInteger divisor) =>
        divisor.IsZero ? throw new ChatTemplateException("integer modulo by zero") : BigInteger.Remainder(Whole(value), divisor);

    private static bool Same(JinjaValue left, JinjaValue right) => ReferenceEquals(left, right) || (left, right) switch
    {
        (IntegerValue a, IntegerValue b) => a.Value == b.Value,
        (TextValue a, TextValue b) => a.Value == b.Value,
        _ => false,
    };
}
