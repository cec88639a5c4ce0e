namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>A function or a value's method.</summary>
internal sealed class FunctionValue(string name, Func<CallArguments, JinjaContext, JinjaValue> function) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => "function";

    /// <inheritdoc/>
    public override JinjaValue Call(CallArguments arguments, JinjaContext context) => function(arguments, context);

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write($"<function {name}>");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => name.GetHashCode(StringComparison.Ordinal);
}
