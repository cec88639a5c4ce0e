using System.Text;

namespace Furiosa.Gateway.Text.Templates.Values;

/// <summary>Python's str: a text counted in code points. One marked safe escapes plain text that is added to it with <c>+</c>, as Jinja's Markup.</summary>
internal sealed class TextValue(string value, bool isSafe = false) : JinjaValue
{
    private Rune[]? _runes;

    /// <summary>The empty text.</summary>
    public static TextValue Empty { get; } = new(string.Empty);

    /// <inheritdoc/>
    public override string TypeName => isSafe ? "Markup" : "str";

    /// <inheritdoc/>
    public override bool Truth => value.Length > 0;

    /// <inheritdoc/>
    public override int? Length => IsNarrow ? value.Length : Runes.Length;

    /// <summary>The text itself.</summary>
    public string Value => value;

    /// <summary>Whether the text is marked as escaped already.</summary>
    public bool IsSafe => isSafe;

    private bool IsNarrow => _runes == null && !value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    private Rune[] Runes => _runes ??= [.. value.EnumerateRunes()];

    /// <inheritdoc/>
    public override string Text(RenderBudget budget) => value;

    /// <inheritdoc/>
    public override void WriteText(TextWriter writer) => writer.Write(value);

    /// <inheritdoc/>
    public override void WriteRepr(TextWriter writer)
    {
        writer.Write(isSafe ? "Markup(" : string.Empty);
        Library.PythonText.WriteRepr(value, writer);
        writer.Write(isSafe ? ")" : string.Empty);
    }

    /// <inheritdoc/>
    public override IEnumerable<JinjaValue> Elements() => Runes.Select(rune => new TextValue(rune.ToString()));

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => Library.TextMethods.Find(this, name);

    /// <inheritdoc/>
    public override JinjaValue? Item(JinjaValue key, JinjaContext context)
    {
        if (key is not NumericValue { Whole: { } index })
            return null;
        var at = index < 0 ? index + Length!.Value : index;
        if (at < 0 || at >= Length!.Value)
            return null;
        return new TextValue(IsNarrow ? value[(int)at].ToString() : Runes[(int)at].ToString(), isSafe);
    }

    /// <summary>The code points at those indices, in their order.</summary>
    public TextValue Pick(IEnumerable<int> indices)
    {
        var picked = new StringBuilder();
        foreach (var index in indices)
        {
            if (IsNarrow)
                picked.Append(value[index]);
            else
                picked.Append(Runes[index].ToString());
        }

        return new TextValue(picked.ToString(), isSafe);
    }

    /// <summary>The code points from one index to before another.</summary>
    public string Slice(int from, int to) => value[Offset(from)..Offset(to)];

    /// <summary>Where in the text the code point with that index begins.</summary>
    public int Offset(int index)
    {
        if (IsNarrow)
            return Math.Min(index, value.Length);
        var at = 0;
        for (; index > 0 && at < value.Length; index--)
            at += char.IsHighSurrogate(value[at]) && at + 1 < value.Length && char.IsLowSurrogate(value[at + 1]) ? 2 : 1;
        return at;
    }

    /// <inheritdoc/>
    public override bool EqualTo(JinjaValue other, RenderBudget budget) => other is TextValue text && text.Value == value;

    /// <inheritdoc/>
    public override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);
}
