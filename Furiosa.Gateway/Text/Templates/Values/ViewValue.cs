namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>What a dict's <c>items()</c>, <c>keys()</c> and <c>values()</c> give: to loop over as often as wanted, with a length, but no list.</summary>
internal sealed class ViewValue(string kind, ListValue elements) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => $"dict_{kind}";

    /// <inheritdoc/>
    public override bool Truth => elements.Truth;

    /// <inheritdoc/>
    public override int? Length => elements.Length;

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => elements.Elements();

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer)
    {
        writer.Write($"{TypeName}(");
        elements.WriteRepr(writer);
        writer.Write(')');
    }

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget)
    {
        if (kind == "values" || other is not ViewValue view || view.TypeName != TypeName)
            return ReferenceEquals(this, other);
        var mine = new MappingValue(elements.Values.Select(element => KeyValuePair.Create(element, (JinjaValue)NoneValue.Instance)));
        return view.Length == Length && view.Elements().All(element =>
        {
            budget.Spend();
            return mine.Find(element) != null;
        });
    }
}
