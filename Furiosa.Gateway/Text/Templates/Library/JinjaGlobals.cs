using Fluid;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>The functions that every template may call.</summary>
internal static class JinjaGlobals
{
    // The bound of Jinja's sandbox.
    private const int LongestRange = 100_000;

    private static readonly JinjaValue[] Functions =
    [
        new FunctionValue("raise_exception", (arguments, context) => throw new ChatTemplateException(arguments.Require(0, "message", "raise_exception").Text(context.Budget))),
        new FunctionValue("strftime_now", (arguments, context) => new TextValue(Strftime.Format(context.Clock.GetLocalNow(), arguments.Require(0, "format", "strftime_now").Text(context.Budget)))),
        new NamedValue("<class 'jinja2.utils.Namespace'>", (arguments, context) => MakeNamespace(arguments, context)),
        new NamedValue("<class 'dict'>", (arguments, context) => new MappingValue(Entries(arguments, context))),
        new FunctionValue("range", Range),
        new NamedValue("<class 'jinja2.utils.Cycler'>", (arguments, _) => Cycler(arguments)),
        new NamedValue("<class 'jinja2.utils.Joiner'>", (arguments, context) => Joiner(arguments.Find(0, "sep")?.Text(context.Budget) ?? ", ")),
        new NamedValue("<TemplateReference None>"),
    ];

    private static readonly string[] Names = ["raise_exception", "strftime_now", "namespace", "dict", "range", "cycler", "joiner", "self"];

    /// <summary>Puts the functions into a rendering's outermost scope.</summary>
    public static void AddTo(Scope scope)
    {
        for (var i = 0; i < Functions.Length; i++)
            scope.SetOwnValue(Names[i], Functions[i]);
    }

    private static NamespaceValue MakeNamespace(CallArguments arguments, JinjaContext context)
    {
        var space = new NamespaceValue();
        foreach (var (key, value) in Entries(arguments, context))
            space.Set(key is TextValue name ? name.Value : throw new ChatTemplateException("keywords must be strings"), value);
        return space;
    }

    private static IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> Entries(CallArguments arguments, JinjaContext context)
    {
        IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> entries = arguments.Positional switch
        {
            [] => [],
            [MappingValue mapping] => mapping.Entries,
            [var pairs] => SequenceFilters.Collect(pairs, context).ConvertAll(pair => SequenceFilters.Collect(pair, context) is [var key, var value]
                ? KeyValuePair.Create(key, value)
                : throw new ChatTemplateException("dictionary update sequence elements must be pairs")),
            _ => throw new ChatTemplateException($"dict expected at most 1 argument, got {arguments.Positional.Count}"),
        };
        return entries.Concat(arguments.Named.Select(argument => KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(argument.Key), argument.Value)));
    }

    private static RangeValue Range(CallArguments arguments, JinjaContext context)
    {
        if (arguments.Named.Count > 0)
            throw new ChatTemplateException("range() takes no keyword arguments");
        var numbers = arguments.Positional.Select(argument => (long)JinjaValues.ToIndex(argument)).ToList();
        var (start, stop, step) = numbers.Count switch
        {
            1 => (0L, numbers[0], 1L),
            2 => (numbers[0], numbers[1], 1L),
            3 => (numbers[0], numbers[1], numbers[2]),
            _ => throw new ChatTemplateException($"range expected 1 to 3 arguments, got {numbers.Count}"),
        };
        if (step == 0)
            throw new ChatTemplateException("range() arg 3 must not be zero");
        var count = Math.Max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
        if (count > LongestRange)
            throw new ChatTemplateException($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({LongestRange}).");
        return new RangeValue(start, stop, step);
    }

    private static NamespaceValue Cycler(CallArguments arguments)
    {
        if (arguments.Positional.Count == 0)
            throw new ChatTemplateException("at least one item has to be provided");
        var at = 0;
        var cycler = new NamespaceValue();
        cycler.Set("current", arguments.Positional[0]);
        cycler.Set("next", new FunctionValue("next", (_, _) => Move(arguments.Positional[at], at + 1)));
        cycler.Set("reset", new FunctionValue("reset", (_, _) => Move(NoneValue.Instance, 0)));
        return cycler;

        JinjaValue Move(JinjaValue result, int next)
        {
            at = next % arguments.Positional.Count;
            cycler.Set("current", arguments.Positional[at]);
            return result;
        }
    }

    private static FunctionValue Joiner(string separator)
    {
        var used = false;
        return new FunctionValue("joiner", (_, _) =>
        {
            var text = used ? separator : string.Empty;
            used = true;
            return new TextValue(text);
        });
    }
}
