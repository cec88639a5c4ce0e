namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>What filters such as <c>map</c> and <c>select</c> give: elements to loop over once, with no length and no JSON.</summary>
internal sealed class GeneratorValue(IEnumerable<JinjaValue> elements) : JinjaValue
{
    private IEnumerable<JinjaValue>? _left = elements;

    /// <inheritdoc/>
    public override string TypeName => "generator";

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements()
    {
        var left = _left ?? [];
        _left = null;
        return left;
    }

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write("<generator object>");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
