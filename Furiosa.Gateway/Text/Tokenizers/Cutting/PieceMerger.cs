namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Turns the alternation of matched and other stretches of a piece into pieces by a <see cref="SplitBehavior"/>.</summary>
internal struct PieceMerger(SplitBehavior behavior, TextPiece piece, List<TextPiece> into)
{
    private bool _previousMatched;
    private bool _any;

    /// <summary>A match of nothing: what comes next is a piece of its own.</summary>
    public void Break() => _any = false;

    /// <summary>Takes the next stretch, from <paramref name="start"/> to before <paramref name="stop"/>; nothing where it is empty.</summary>
    public void Add(int start, int stop, bool matched)
    {
        if (start == stop)
            return;
        var join = behavior switch
        {
            SplitBehavior.MergedWithPrevious => matched && !_previousMatched,
            SplitBehavior.MergedWithNext => !matched && _previousMatched,
            SplitBehavior.Contiguous => matched == _previousMatched,
            _ => false,
        };
        if (matched && behavior == SplitBehavior.Removed)
            return;
        if (join && _any)
            into[^1] = into[^1] with { Length = into[^1].Length + stop - start };
        else
            into.Add(piece.Part(start, stop));
        _previousMatched = matched;
        _any = true;
    }
}
