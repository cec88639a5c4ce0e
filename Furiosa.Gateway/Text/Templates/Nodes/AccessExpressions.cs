using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary><c>value.name</c>: an attribute first, then the element of that key.</summary>
internal sealed class AttributeExpression(JinjaExpression target, string name) : JinjaExpression
{
    private readonly TextValue _key = new(name);

    /// <summary>What the attribute is looked for in.</summary>
    public JinjaExpression Target => target;

    /// <summary>The attribute's name.</summary>
    public string Name => name;

    /// <summary>The attribute of a value, as templates look it up.</summary>
    public static JinjaValue Find(JinjaValue value, TextValue key, JinjaContext context) =>
        value.Attribute(key.Value) ?? value.Item(key, context) ?? new UndefinedValue($"'{JinjaValues.Describe(value)}' has no attribute '{key.Value}'");

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => Find(target.Evaluate(context), _key, context);
}

/// <summary><c>value[key]</c>: the element of that key first, then an attribute.</summary>
internal sealed class ItemExpression(JinjaExpression target, JinjaExpression key) : JinjaExpression
{
    /// <summary>The element of a value, as templates look it up.</summary>
    public static JinjaValue Find(JinjaValue value, JinjaValue key, JinjaContext context)
    {
        if (value.Item(key, context) is { } found)
            return found;
        if (key is not TextValue name)
            return new UndefinedValue($"{JinjaValues.Describe(value)} has no element {Library.PythonText.Repr(key, context.Budget)}");
        return value.Attribute(name.Value) ?? new UndefinedValue($"'{JinjaValues.Describe(value)}' has no attribute '{name.Value}'");
    }

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => Find(target.Evaluate(context), key.Evaluate(context), context);
}

/// <summary><c>value[start:stop:step]</c>.</summary>
internal sealed class SliceExpression(JinjaExpression target, JinjaExpression? start, JinjaExpression? stop, JinjaExpression? step) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var value = target.Evaluate(context);
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (value is not (ListValue or TextValue or RangeValue))
            throw new ChatTemplateException(value is MappingValue ? "unhashable type: 'slice'" : $"'{value.TypeName}' object is not subscriptable");
        var (from, to, by) = (Bound(start, context), Bound(stop, context), Bound(step, context) ?? 1);
        if (value is RangeValue range)
            return range.Slice(from, to, by);
        var indices = Indices(value.Length!.Value, from, to, by);
        context.Budget.SpendList(indices.Count);
        return value is TextValue text
            ? text.Pick(indices)
            : new ListValue([.. indices.Select(index => ((ListValue)value).Values[index])], ((ListValue)value).IsTuple);
    }

    private static int? Bound(JinjaExpression? bound, JinjaContext context) =>
        bound?.Evaluate(context) is { } value and not NoneValue ? JinjaValues.ToIndex(value) : null;

    /// <summary>The first index of a slice and the one before which it ends.</summary>
    /// <exception cref="ChatTemplateException">The step is zero.</exception>
    public static (long From, long To) Bounds(int length, int? start, int? stop, int step)
    {
        if (step == 0)
            throw new ChatTemplateException("slice step cannot be zero");
        return (Clamp(start, step > 0 ? 0 : length - 1), Clamp(stop, step > 0 ? length : -1));

        long Clamp(int? bound, int otherwise)
        {
            if (bound is not { } value)
                return otherwise;
            var at = value < 0 ? (long)value + length : value;
            return step > 0 ? Math.Clamp(at, 0, length) : Math.Clamp(at, -1, length - 1);
        }
    }

    private static List<int> Indices(int length, int? start, int? stop, int step)
    {
        var (from, to) = Bounds(length, start, stop, step);
        var indices = new List<int>();
        for (var at = from; step > 0 ? at < to : at > to; at += step)
            indices.Add((int)at);
        return indices;
    }
}
