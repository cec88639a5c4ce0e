namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>What a name or attribute that does not exist gives: empty when written, looped over or tested, an error when used further.</summary>
/// <param name="message">What the error says.</param>
internal sealed class UndefinedValue(string message) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => "Undefined";

    /// <inheritdoc/>
    public override bool Truth => false;

    /// <inheritdoc/>
    public override int? Length => 0;

    /// <summary>The error that using the value is.</summary>
    public ChatTemplateException Error() => new(message);

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer) => writer.Write("Undefined");

    /// <inheritdoc/>
    public override void WriteText(TextWriter writer)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => [];

    /// <inheritdoc/>
    public override JinjaValue Attribute(string name) => throw Error();

    /// <inheritdoc/>
    public override JinjaValue Item(JinjaValue key, JinjaContext context) => throw Error();

    /// <inheritdoc/>
    public override JinjaValue Call(CallArguments arguments, JinjaContext context) => throw Error();

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => other is UndefinedValue;

    /// <inheritdoc/>
    public override int GetHashCode() => 1;
}
