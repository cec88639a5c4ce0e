namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Jinja's <c>namespace()</c>: the one value whose attributes a template may set.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    private readonly Dictionary<string, JinjaValue> _attributes = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string TypeName => "Namespace";

    /// <summary>Sets an attribute.</summary>
    public void Set(string name, JinjaValue value) => _attributes[name] = value;

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => _attributes.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override JinjaValue? Item(JinjaValue key, JinjaContext context) => key is TextValue text ? Attribute(text.Value) : null;

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer)
    {
        // A namespace may hold itself; Python would recurse into it until it fails.
        JinjaContext.EnsureStack();
        writer.Write("<Namespace ");
        new MappingValue(_attributes.Select(entry => KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(entry.Key), entry.Value))).WriteRepr(writer);
        writer.Write('>');
    }

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
