namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>When <see cref="MetaspaceCutter"/> puts its mark before a piece; the names are <c>tokenizer.json</c>'s.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before no piece.</summary>
    Never,

    /// <summary>Before the one that the text begins with.</summary>
    First,
}

/// <summary>Writes a mark for each space, and lets pieces begin with it (SentencePiece).</summary>
internal sealed class MetaspaceCutter(char mark, PrependScheme scheme, bool split) : PieceCutter
{
    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into)
    {
        var text = piece.Text.Replace(' ', mark);
        if (text.Length > 0 && text[0] != mark && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.IsFirst)))
            text = mark + text;
        var whole = new TextPiece(text, piece.IsFirst);
        if (!split)
        {
            into.Add(whole);
            return;
        }

        var merger = new PieceMerger(SplitBehavior.MergedWithNext, whole, into);
        var done = 0;
        for (var at = text.IndexOf(mark); at >= 0; at = text.IndexOf(mark, at + 1))
        {
            merger.Add(done, at, false);
            merger.Add(at, at + 1, true);
            done = at + 1;
        }

        merger.Add(done, text.Length, false);
    }
}
