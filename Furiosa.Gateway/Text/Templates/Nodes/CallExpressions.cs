using Furiosa.Gateway.Text.Templates.Library;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary><c>function(arguments)</c>.</summary>
internal sealed class CallExpression(JinjaExpression target, ArgumentList arguments) : JinjaExpression
{
    /// <summary>Calls with one more named argument: what a call block's <c>caller</c> is.</summary>
    public JinjaValue CallWith(string name, JinjaValue value, JinjaContext context)
    {
        var given = arguments.Evaluate(context);
        return target.Evaluate(context).Call(given with { Named = [.. given.Named, KeyValuePair.Create(name, value)] }, context);
    }

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var function = target.Evaluate(context);
        return function.Call(arguments.Evaluate(context), context);
    }
}

/// <summary><c>value | filter(arguments)</c>. A filter that does not exist is an error only where it is used, as in Jinja.</summary>
internal sealed class FilterCallExpression(JinjaExpression input, string name, ArgumentList arguments) : JinjaExpression
{
    private readonly JinjaFilter? _filter = JinjaFilters.Find(name);

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var filter = _filter ?? throw new ChatTemplateException($"No filter named '{name}'.");
        return filter(input.Evaluate(context), arguments.Evaluate(context), context);
    }
}

/// <summary><c>value is test(arguments)</c>.</summary>
internal sealed class TestCallExpression(JinjaExpression input, string name, ArgumentList arguments, bool negated) : JinjaExpression
{
    private readonly JinjaTest? _test = JinjaTests.Find(name);

    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var test = _test ?? throw new ChatTemplateException($"No test named '{name}'.");
        return BooleanValue.Of(test(input.Evaluate(context), arguments.Evaluate(context), context) != negated);
    }
}
