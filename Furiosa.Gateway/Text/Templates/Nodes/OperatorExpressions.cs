using System.Text;
using Furiosa.Gateway.Text.Templates.Library;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Nodes;

/// <summary><c>not</c>.</summary>
internal sealed class NotExpression(JinjaExpression operand) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => BooleanValue.Of(!operand.Evaluate(context).Truth);
}

/// <summary><c>and</c>, <c>or</c>: the operand that decides is the value.</summary>
internal sealed class LogicalExpression(bool isAnd, JinjaExpression left, JinjaExpression right) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var first = left.Evaluate(context);
        return first.Truth == isAnd ? right.Evaluate(context) : first;
    }
}

/// <summary>A sign before a number.</summary>
internal sealed class SignExpression(bool isMinus, JinjaExpression operand) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context) => Arithmetic.Sign(isMinus, operand.Evaluate(context));
}

/// <summary><c>+ - * / // % **</c>.</summary>
internal sealed class ArithmeticExpression(string symbol, JinjaExpression left, JinjaExpression right) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var first = left.Evaluate(context);
        return Arithmetic.Apply(symbol, first, right.Evaluate(context), context);
    }
}

/// <summary><c>a ~ b ~ c</c>: everything as text, put together.</summary>
internal sealed class ConcatenationExpression(IReadOnlyList<JinjaExpression> parts) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part.Evaluate(context).Text(context.Budget));
            context.Budget.SpendText(text.Length);
        }

        return new TextValue(text.ToString());
    }
}

/// <summary><c>a &lt; b == c not in d</c>: every neighbouring pair must hold.</summary>
internal sealed class ComparisonExpression(JinjaExpression first, IReadOnlyList<(string Symbol, JinjaExpression Operand)> rest) : JinjaExpression
{
    /// <inheritdoc/>
    protected override JinjaValue Compute(JinjaContext context)
    {
        var left = first.Evaluate(context);
        foreach (var (symbol, operand) in rest)
        {
            var right = operand.Evaluate(context);
            if (!Comparison.Holds(symbol, left, right, context))
                return BooleanValue.False;
            left = right;
        }

        return BooleanValue.True;
    }
}
