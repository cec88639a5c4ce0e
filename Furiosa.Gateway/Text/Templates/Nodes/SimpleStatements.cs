using Fluid.Ast;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary><c>if</c>, <c>elif</c>, <c>else</c>; it has no scope of its own.</summary>
internal sealed class BranchStatement(IReadOnlyList<(JinjaExpression Condition, Block Body)> branches, Block? otherwise) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        foreach (var (condition, body) in branches)
        {
            if (condition.Evaluate(context).Truth)
                return body.Run(writer, context);
        }

        return otherwise?.Run(writer, context) ?? Completion.Normal;
    }
}

/// <summary><c>set target = value</c>.</summary>
internal sealed class SetStatement(AssignmentTarget target, JinjaExpression value) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        target.Assign(value.Evaluate(context), context);
        return Completion.Normal;
    }
}

/// <summary><c>set target</c> to <c>endset</c>: what lies between, as text, through the filters that the tag names.</summary>
internal sealed class SetBlockStatement(AssignmentTarget target, Block body, Func<JinjaExpression, JinjaExpression> filter) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        var text = context.InScope(context.Variables, _ => new TextValue(body.Capture(context)));
        target.Assign(filter(new ConstantExpression(text)).Evaluate(context), context);
        return Completion.Normal;
    }
}

/// <summary><c>filter</c> to <c>endfilter</c>.</summary>
internal sealed class FilterStatement(Block body, Func<JinjaExpression, JinjaExpression> filter) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        var text = context.InScope(context.Variables, _ => new TextValue(body.Capture(context)));
        var result = filter(new ConstantExpression(text)).Evaluate(context);
        (result as TextValue ?? throw new ChatTemplateException($"a filter block gives text, not {result.TypeName}")).WriteText(writer);
        return Completion.Normal;
    }
}

/// <summary>A body in a scope of its own, where <c>with</c> may first assign: <c>with</c>, <c>block</c>, <c>generation</c>.</summary>
internal sealed class ScopeStatement(IReadOnlyList<(AssignmentTarget Target, JinjaExpression Value)> assignments, Block body) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context)
    {
        var values = assignments.Select(assignment => assignment.Value.Evaluate(context)).ToList();
        return context.InScope(context.Variables, _ =>
        {
            for (var i = 0; i < values.Count; i++)
                assignments[i].Target.Assign(values[i], context);
            return body.Run(writer, context);
        });
    }
}

/// <summary><c>break</c> and <c>continue</c>.</summary>
internal sealed class LoopControlStatement(Completion completion) : JinjaStatement
{
    /// <inheritdoc/>
    protected override Completion Run(TextWriter writer, JinjaContext context) => completion;
}
