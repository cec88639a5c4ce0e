namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Something that a template can only name or call: <c>self</c>, and the types that are functions.</summary>
/// <param name="text">What Python writes for it.</param>
/// <param name="call">What calling it gives; null where it cannot be called.</param>
internal sealed class NamedValue(string text, Func<CallArguments, JinjaContext, JinjaValue>? call = null) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => call == null ? "TemplateReference" : "type";

    /// <summary>Whether it can be called.</summary>
    public bool IsCallable => call != null;

    /// <inheritdoc/>
    public override JinjaValue Call(CallArguments arguments, JinjaContext context) => call == null ? base.Call(arguments, context) : call(arguments, context);

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write(text);

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => text.GetHashCode(StringComparison.Ordinal);
}
