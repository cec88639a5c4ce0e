using System.Numerics;
using Furiosa.Gateway.Text.Templates.Nodes;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Jinja's filters on lists and dicts.</summary>
internal static class SequenceFilters
{
    private static readonly CallSignature AttributeMap = CallSignature.Of("attribute default?");

    /// <summary>The filters by name.</summary>
    public static IEnumerable<KeyValuePair<string, JinjaFilter>> All { get; } = new Dictionary<string, JinjaFilter>(StringComparer.Ordinal)
    {
        ["length"] = Length,
        ["count"] = Length,
        ["list"] = (input, _, context) => new ListValue(Collect(input, context)),
        ["first"] = (input, _, _) => JinjaValues.Iterate(input).FirstOrDefault() ?? new UndefinedValue("No first item, sequence was empty."),
        ["last"] = (input, _, context) => Collect(input, context).LastOrDefault() ?? new UndefinedValue("No last item, sequence was empty."),
        ["random"] = (input, _, context) => Collect(input, context) is { Count: > 0 } elements ? elements[Random.Shared.Next(elements.Count)] : new UndefinedValue("No random item, sequence was empty."),
        ["join"] = Join,
        ["reverse"] = (input, _, context) => Reverse(input, context),
        ["items"] = (input, _, _) => new GeneratorValue(Pairs(input)),
        ["dictsort"] = DictSort,
        ["sort"] = (input, arguments, context) => new ListValue(Sorted(Collect(input, context), arguments.Find(2, "attribute"), IsCaseSensitive(arguments, 1), arguments.Find(0, "reverse")?.Truth ?? false, context, hasKeyLists: true)),
        ["unique"] = Unique,
        ["min"] = (input, arguments, context) => Extreme(input, arguments, -1, context),
        ["max"] = (input, arguments, context) => Extreme(input, arguments, 1, context),
        ["sum"] = Sum,
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
        ["slice"] = Slice,
        ["map"] = Map,
        ["select"] = (input, arguments, context) => Choose(input, arguments, hasAttribute: false, keep: true, context),
        ["reject"] = (input, arguments, context) => Choose(input, arguments, hasAttribute: false, keep: false, context),
        ["selectattr"] = (input, arguments, context) => Choose(input, arguments, hasAttribute: true, keep: true, context),
        ["rejectattr"] = (input, arguments, context) => Choose(input, arguments, hasAttribute: true, keep: false, context),
    };

    // A mistake shows when the pairs are asked for, as in Jinja.
    private static IEnumerable<JinjaValue> Pairs(JinjaValue input)
    {
        if (input is not (MappingValue or UndefinedValue))
            throw new ChatTemplateException("Can only get item pairs from a mapping.");
        foreach (var pair in input is MappingValue mapping ? mapping.Pairs().Values : [])
            yield return pair;
    }

    /// <summary>The elements of a value as a list that is counted.</summary>
    public static List<JinjaValue> Collect(JinjaValue value, JinjaContext context)
    {
        var elements = new List<JinjaValue>(value.Length ?? 0);
        foreach (var element in JinjaValues.Iterate(value))
        {
            context.Budget.Spend();
            elements.Add(element);
        }

        context.Budget.SpendList(elements.Count);
        return elements;
    }

    /// <summary>Python's <c>separator.join(texts)</c>.</summary>
    public static TextValue JoinTexts(TextValue separator, JinjaValue elements, JinjaContext context)
    {
        var position = 0;
        var texts = Collect(elements, context).ConvertAll(element => element switch
        {
            TextValue text when position++ >= 0 => separator.IsSafe && !text.IsSafe ? TextFilters.EscapeHtml(text.Value) : text.Value,
            _ when separator.IsSafe => TextFilters.EscapeHtml(element.Text(context.Budget)),
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw new ChatTemplateException($"sequence item {position}: expected str instance, {element.TypeName} found"),
        });
        return new TextValue(JoinAll(separator.Value, texts, context).Value, separator.IsSafe);
    }

    private static TextValue JoinAll(string separator, List<string> texts, JinjaContext context)
    {
        context.Budget.SpendText(texts.Sum(text => (long)text.Length + separator.Length));
        return new TextValue(string.Join(separator, texts));
    }

    // What is not true, none for one, counts as an empty list where filters look at each element.
    private static List<JinjaValue> CollectIfAny(JinjaValue input, JinjaContext context) => input.Truth ? Collect(input, context) : [];

    private static IntegerValue Length(JinjaValue input, CallArguments arguments, JinjaContext context) =>
        new(input.Length ?? throw new ChatTemplateException($"object of type '{input.TypeName}' has no len()"));

    private static TextValue Join(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var separator = arguments.Find(0, "d")?.Text(context.Budget) ?? string.Empty;
        var attribute = arguments.Find(1, "attribute");
        var texts = Collect(input, context).ConvertAll(element => Attribute(element, attribute, context).Text(context.Budget));
        return JoinAll(separator, texts, context);
    }

    private static JinjaValue Reverse(JinjaValue input, JinjaContext context)
    {
        var elements = Collect(input, context);
        elements.Reverse();
        return input is TextValue text ? text.Pick(Enumerable.Range(0, elements.Count).Reverse()) : new GeneratorValue(elements);
    }

    // "a.b" is b of a; a part that is a number is an index.
    private static JinjaValue Attribute(JinjaValue element, JinjaValue? path, JinjaContext context, JinjaValue? otherwise = null)
    {
        if (path is null or NoneValue)
            return element;
        if (otherwise is NoneValue)
            otherwise = null;
        if (path is not TextValue names)
            return ItemExpression.Find(element, path, context) is var value && value is UndefinedValue && otherwise != null ? otherwise : value;
        foreach (var name in names.Value.Split('.'))
        {
            JinjaValue key = name.Length is > 0 and < 10 && name.All(char.IsAsciiDigit) ? new IntegerValue(BigInteger.Parse(name, System.Globalization.CultureInfo.InvariantCulture)) : new TextValue(name);
            element = ItemExpression.Find(element, key, context);
            if (element is UndefinedValue && otherwise != null)
                element = otherwise;
        }

        return element;
    }

    private static bool IsCaseSensitive(CallArguments arguments, int position) => arguments.Find(position, "case_sensitive")?.Truth ?? false;

    private static JinjaValue SortKey(JinjaValue value, bool isCaseSensitive) =>
        !isCaseSensitive && value is TextValue text ? new TextValue(text.Value.ToLowerInvariant()) : value;

    private static List<JinjaValue> Sorted(List<JinjaValue> elements, JinjaValue? attribute, bool isCaseSensitive, bool isReversed, JinjaContext context, JinjaValue? otherwise = null, bool hasKeyLists = false)
    {
        // "a,b" sorts by a, then by b.
        var paths = hasKeyLists && attribute is TextValue names && names.Value.Contains(',') ? [.. names.Value.Split(',').Select(name => new TextValue(name))] : new[] { attribute };
        // The filter "sort" has lists even of one key, as in Jinja: those that are equal, undefined ones too, are not asked for their order.
        var keys = elements.ConvertAll(element => hasKeyLists
            ? new ListValue([.. paths.Select(path => SortKey(Attribute(element, path, context, otherwise), isCaseSensitive))])
            : SortKey(Attribute(element, attribute, context, otherwise), isCaseSensitive));
        var comparer = Comparer<JinjaValue>.Create((left, right) => Comparison.Order(left, right, "<", context) ?? 0);
        var order = Enumerable.Range(0, elements.Count);
        try
        {
            // Both are stable, as in Python.
            order = isReversed ? order.OrderByDescending(at => keys[at], comparer) : order.OrderBy(at => keys[at], comparer);
            return [.. order.Select(at => elements[at])];
        }
        catch (InvalidOperationException error) when (error.InnerException is ChatTemplateException inner)
        {
            throw inner;
        }
    }

    private static ListValue DictSort(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is not MappingValue mapping)
            throw new ChatTemplateException($"'{input.TypeName}' object has no attribute 'items'");
        var by = arguments.Find(1, "by")?.Text(context.Budget) ?? "key";
        if (by is not ("key" or "value"))
            throw new ChatTemplateException("You can only sort by either \"key\" or \"value\"");
        var isReversed = arguments.Find(2, "reverse")?.Truth ?? false;
        return new ListValue(Sorted(Collect(mapping.Pairs(), context), new IntegerValue(by == "key" ? 0 : 1), IsCaseSensitive(arguments, 0), isReversed, context));
    }

    private static GeneratorValue Unique(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var (isCaseSensitive, attribute) = (IsCaseSensitive(arguments, 0), arguments.Find(1, "attribute"));
        var seen = new HashSet<JinjaValue>();
        var seenUndefined = false;
        return new GeneratorValue(Collect(input, context).FindAll(element => SortKey(Attribute(element, attribute, context), isCaseSensitive) is var key
            && key is UndefinedValue ? !seenUndefined && (seenUndefined = true) : seen.Add(key)));
    }

    private static JinjaValue Extreme(JinjaValue input, CallArguments arguments, int sign, JinjaContext context)
    {
        var attribute = arguments.Find(1, "attribute");
        JinjaValue? best = null, bestKey = null;
        foreach (var element in Collect(input, context))
        {
            var key = SortKey(Attribute(element, attribute, context), IsCaseSensitive(arguments, 0));
            if (bestKey != null && !(Comparison.Order(key, bestKey, sign < 0 ? "<" : ">", context) * sign > 0))
                continue;
            (best, bestKey) = (element, key);
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static JinjaValue Sum(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var attribute = arguments.Find(0, "attribute");
        var start = arguments.Find(1, "start") ?? new IntegerValue(0);
        return Collect(input, context).Aggregate(start, (sum, element) => Arithmetic.Apply("+", sum, Attribute(element, attribute, context), context));
    }

    private static ListValue GroupBy(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var attribute = arguments.Require(0, "attribute", "groupby");
        var isCaseSensitive = IsCaseSensitive(arguments, 2);
        var otherwise = arguments.Find(1, "default");
        var groups = new List<JinjaValue>();
        List<JinjaValue>? members = null;
        JinjaValue? current = null;
        foreach (var element in Sorted(Collect(input, context), attribute, isCaseSensitive, isReversed: false, context, otherwise))
        {
            var name = Attribute(element, attribute, context, otherwise);
            var key = SortKey(name, isCaseSensitive);
            if (members == null || !key.EqualTo(current!, context.Budget))
            {
                members = [];
                current = key;
                groups.Add(new ListValue([name, new ListValue(members)], isTuple: true) { Names = ["grouper", "list"] });
            }

            members.Add(element);
        }

        return new ListValue(groups);
    }

    private static GeneratorValue Batch(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var size = JinjaValues.ToIndex(arguments.Require(0, "linecount", "batch"));
        if (size < 1)
            throw new ChatTemplateException("batch() takes a linecount of at least 1");
        var fill = arguments.Find(1, "fill_with");
        context.Budget.SpendList(size);
        return new GeneratorValue([.. Collect(input, context).Chunk(size).Select(chunk => new ListValue(
            fill is null or NoneValue ? chunk : [.. chunk, .. Enumerable.Repeat(fill, size - chunk.Length)]))]);
    }

    private static GeneratorValue Slice(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var elements = Collect(input, context);
        var slices = JinjaValues.ToIndex(arguments.Require(0, "slices", "slice"));
        if (slices < 1)
            throw new ChatTemplateException("slice() takes at least 1 slice");
        context.Budget.SpendList(slices);
        var fill = arguments.Find(1, "fill_with");
        var (each, extra) = Math.DivRem(elements.Count, slices);
        var offset = 0;
        var result = new List<JinjaValue>();
        for (var i = 0; i < slices; i++)
        {
            var count = each + (i < extra ? 1 : 0);
            var part = elements.GetRange(offset, count);
            if (fill is not (null or NoneValue) && i >= extra)
                part.Add(fill);
            offset += count;
            result.Add(new ListValue(part));
        }

        return new GeneratorValue(result);
    }

    private static GeneratorValue Map(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var elements = CollectIfAny(input, context);
        if (arguments.Positional.Count == 0)
        {
            var attribute = arguments.Find(0, "attribute") ?? throw new ChatTemplateException("map requires a filter argument");
            AttributeMap.Check("map", arguments);
            var otherwise = arguments.Find(1, "default");
            return new GeneratorValue(elements.Select(element => Attribute(element, attribute, context, otherwise)));
        }

        var name = arguments.Positional[0].Text(context.Budget);
        JinjaFilter filter = JinjaFilters.Find(name) ?? ((_, _, _) => throw new ChatTemplateException($"No filter named '{name}'."));
        var rest = arguments with { Positional = [.. arguments.Positional.Skip(1)] };
        return new GeneratorValue(elements.Select(element => filter(element, rest, context)));
    }

    private static GeneratorValue Choose(JinjaValue input, CallArguments arguments, bool hasAttribute, bool keep, JinjaContext context)
    {
        var elements = CollectIfAny(input, context);
        var attribute = hasAttribute ? arguments.Require(0, "attribute", "selectattr") : null;
        var positional = arguments.Positional.Skip(hasAttribute ? 1 : 0).ToList();
        JinjaTest test = (value, _, _) => value.Truth;
        if (positional.Count > 0)
        {
            var name = positional[0].Text(context.Budget);
            test = JinjaTests.Find(name) ?? ((_, _, _) => throw new ChatTemplateException($"No test named '{name}'."));
        }

        var rest = arguments with { Positional = [.. positional.Skip(1)] };
        return new GeneratorValue(elements.Where(element => test(Attribute(element, attribute, context), rest, context) == keep));
    }
}
