using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Cuts where the script changes; kana counts as Han, and spaces go with what is before them.</summary>
internal sealed class ScriptCutter : PieceCutter
{
    private const string Any = "Any";

    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into)
    {
        var (start, at) = (-1, 0);
        string? last = null;
        foreach (var rune in piece.Span.EnumerateRunes())
        {
            var script = ScriptOf(rune);
            if (script != Any && script != last)
            {
                if (start >= 0)
                    into.Add(piece.Part(start, at));
                (start, last) = (at, script);
            }

            at += rune.Utf16SequenceLength;
        }

        // Spaces that the text begins with belong to no script and are left out.
        if (start >= 0)
            into.Add(piece.Part(start, at));
    }

    private static string ScriptOf(Rune rune)
    {
        if (rune.Value == ' ')
            return Any;
        if (rune.Value == 0x30FC)
            return "Han";
        var script = UnicodeScripts.Instance.ScriptOf(rune.Value);
        return script is "Hiragana" or "Katakana" ? "Han" : script == "Unknown" ? Any : script;
    }
}
