using Fluid;
using Fluid.Ast;
using Fluid.Values;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary>An expression of a template. Nothing in one waits, so that it is evaluated at once.</summary>
internal abstract class JinjaExpression : Expression
{
    /// <summary>The expression's value.</summary>
    public JinjaValue Evaluate(JinjaContext context)
    {
        context.Budget.Spend();
        JinjaContext.EnsureStack();
        return Compute(context);
    }

    /// <inheritdoc/>
    public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context) => new(Evaluate((JinjaContext)context));

    /// <summary>Works the value out.</summary>
    protected abstract JinjaValue Compute(JinjaContext context);
}
