using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>A literal.</summary>
internal sealed class ConstantExpression(JinjaValue value) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => value;
}

/// <summary>A variable.</summary>
internal sealed class NameExpression(string name) : JinjaExpression
{
    /// <summary>The variable's name.</summary>
    public string Name => name;

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => context.Lookup(name);
}

/// <summary>A list or tuple written out.</summary>
internal sealed class SequenceExpression(IReadOnlyList<JinjaExpression> elements, bool isTuple) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => new ListValue([.. elements.Select(element => element.Evaluate(context))], isTuple);
}

/// <summary>A dict written out.</summary>
internal sealed class MappingExpression(IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> entries) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) =>
        new MappingValue(entries.Select(entry => KeyValuePair.Create(entry.Key.Evaluate(context), entry.Value.Evaluate(context))));
}

/// <summary><c>a if condition else b</c>.</summary>
internal sealed class ConditionalExpression(JinjaExpression condition, JinjaExpression yes, JinjaExpression? no) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        if (condition.Evaluate(context).Truth)
            return yes.Evaluate(context);
        return no?.Evaluate(context) ?? new UndefinedValue("the inline if-expression evaluated to false and no else section was defined.");
    }
}
