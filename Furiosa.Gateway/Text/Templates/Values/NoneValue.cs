namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Python's None.</summary>
internal sealed class NoneValue : JinjaValue
{
    private NoneValue()
    {
    }

    /// <summary>The one there is.</summary>
    public static NoneValue Instance { get; } = new();

    /// <inheritdoc/>
    public override string TypeName => "NoneType";

    /// <inheritdoc/>
    public override bool Truth => false;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write("None");

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => other is NoneValue;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;
}
