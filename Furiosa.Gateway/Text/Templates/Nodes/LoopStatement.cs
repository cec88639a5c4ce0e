using Fluid;
using Fluid.Ast;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary><c>for</c>. Every turn has a scope of its own.</summary>
internal sealed class LoopStatement(AssignmentTarget target, JinjaExpression source, JinjaExpression? condition, Block body, Block? otherwise, bool isRecursive)
    : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        Turn(source.Evaluate(context), context.Variables, 0, writer, context);
        return Completion.Normal;
    }

    private void Turn(JinjaValue values, Scope outer, int depth, TextWriter writer, JinjaContext context)
    {
        var elements = Collect(values, outer, context);
        var loop = new LoopValue(elements, depth, isRecursive ? inner => Descend(inner, outer, depth + 1, context) : null);
        var isThrough = false;
        for (var index = 0; index < elements.Count; index++)
        {
            loop.Index = index;
            var completion = context.InScope(outer, scope =>
            {
                scope.SetOwnValue("loop", loop);
                target.Assign(elements[index], context);
                return body.Run(writer, context);
            });
            if (completion == Completion.Break)
                break;
            isThrough |= completion == Completion.Normal;
        }

        // Jinja runs "else" where no turn came to its end, be it by "continue" or "break".
        if (!isThrough && otherwise != null)
            context.InScope(outer, _ => otherwise.Run(writer, context));
    }

    private TextValue Descend(JinjaValue values, Scope outer, int depth, JinjaContext context)
    {
        using var writer = new BoundedWriter(context.Budget);
        context.InScope(outer, _ =>
        {
            Turn(values, outer, depth, writer, context);
            return true;
        });
        return new TextValue(writer.ToString());
    }

    private List<JinjaValue> Collect(JinjaValue values, Scope outer, JinjaContext context)
    {
        var elements = new List<JinjaValue>();
        foreach (var element in JinjaValues.Iterate(values))
        {
            context.Budget.Spend();
            if (condition == null || context.InScope(outer, _ => Matches(element, context)))
                elements.Add(element);
        }

        context.Budget.SpendList(elements.Count);
        return elements;
    }

    private bool Matches(JinjaValue element, JinjaContext context)
    {
        target.Assign(element, context);
        return condition!.Evaluate(context).Truth;
    }
}
