using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Cuts text where a pattern matches, as <c>tokenizer.json</c>'s Split does.</summary>
internal sealed class PatternCutter(string pattern, SplitBehavior behavior, bool invert) : PieceCutter
{
    private readonly Regex _pattern = TokenizerPattern.Compile(pattern);

    /// <inheritdoc/>
    public override void Cut(TextPiece piece, List<TextPiece> into)
    {
        var merger = new PieceMerger(behavior, piece, into);
        var view = piece.Span.ContainsAnyInRange('\uD800', '\uDFFF') ? new CodePointView(piece.Text) : null;
        var done = 0;
        foreach (var match in _pattern.EnumerateMatches(view == null ? piece.Span : view.Text))
        {
            var start = view?.Original(match.Index) ?? match.Index;
            var stop = view?.Original(match.Index + match.Length) ?? match.Index + match.Length;
            merger.Add(done, start, invert);
            if (stop == start)
                merger.Break();
            merger.Add(start, stop, !invert);
            done = stop;
        }

        merger.Add(done, piece.Length, invert);
    }
}
