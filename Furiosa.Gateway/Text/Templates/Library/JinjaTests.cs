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
        ["sequence"] = (input, _, _) => input is TextValue or ListValue or RangeValue or MappingValue or UndefinedValue,
        ["iterable"] = (input, _, _) => input is TextValue or ListValue or RangeValue or ViewValue or MappingValue or UndefinedValue or GeneratorValue or LoopValue,
        ["callable"] = (input, _, _) => input is FunctionValue or Nodes.MacroValue or UndefinedValue or LoopValue or NamedValue { IsCallable: true },
        ["escaped"] = (input, _, _) => input is TextValue { IsSafe: true },
        ["lower"] = (input, _, context) => Cased(input.Text(context.Budget), char.IsLower, char.IsUpper),
        ["upper"] = (input, _, context) => Cased(input.Text(context.Budget), char.IsUpper, char.IsLower),
        ["even"] = (input, _, context) => HasRemainder(input, new IntegerValue(2), 0, context),
        ["odd"] = (input, _, context) => HasRemainder(input, new IntegerValue(2), 1, context),
        ["divisibleby"] = (input, arguments, context) => HasRemainder(input, arguments.Require(0, "num", "divisibleby"), 0, context),
        ["sameas"] = (input, arguments, _) => Same(input, arguments.Require(0, "other", "sameas")),
        ["in"] = (input, arguments, context) => Comparison.Holds("in", input, arguments.Require(0, "seq", "in"), context),
        ["filter"] = (input, _, _) => input.GetHashCode() is var _ && input is TextValue name && JinjaFilters.Find(name.Value) != null,
        ["test"] = (input, _, _) => input.GetHashCode() is var _ && input is TextValue name && Find(name.Value) != null,
    };

    static JinjaTests()
    {
        foreach (var (symbol, names) in (KeyValuePair<string, string>[])[new("==", "== eq equalto"), new("!=", "!= ne"), new("<", "< lt lessthan"), new("<=", "<= le"), new(">", "> gt greaterthan"), new(">=", ">= ge")])
        {
            foreach (var name in names.Split(' '))
                Named.Add(name, Compare(symbol));
        }

        foreach (var (name, test) in Named.ToList())
            Named[name] = Checked(name, test);
    }

    private static JinjaTest Checked(string name, JinjaTest test)
    {
        var signature = CallSignature.Of(name switch { "divisibleby" => "num", "in" => "seq", "sameas" => "other", _ when "== eq equalto != ne < lt lessthan <= le > gt greaterthan >= ge".Split(' ').Contains(name) => "other /", _ => string.Empty });
        return (input, arguments, context) =>
        {
            signature.Check(name, arguments);
            return test(input, arguments, context);
        };
    }

    /// <summary>The test of that name, or null.</summary>
    public static JinjaTest? Find(string name) => Named.GetValueOrDefault(name);

    private static JinjaTest Compare(string symbol) => (input, arguments, context) => Comparison.Holds(symbol, input, arguments.Positional[0], context);

    private static bool Cased(string text, Func<char, bool> wanted, Func<char, bool> unwanted) => text.Any(wanted) && !text.Any(unwanted);

    private static bool HasRemainder(JinjaValue value, JinjaValue divisor, int remainder, JinjaContext context) =>
        Arithmetic.Apply("%", value, divisor, context).EqualTo(new IntegerValue(remainder), context.Budget);

    private static bool Same(JinjaValue left, JinjaValue right) => ReferenceEquals(left, right) || (left, right) switch
    {
        (IntegerValue a, IntegerValue b) => a.Value == b.Value,
        (TextValue a, TextValue b) => a.Value == b.Value,
        _ => false,
    };
}
