namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Turns the alternation of matched and other stretches into pieces by a <see cref="SplitBehavior"/>.</summary>
internal struct PieceMerger(SplitBehavior behavior, List<(int Offset, int Length)> pieces)
{
    private bool _previousMatched;
    private bool _any;

    /// <summary>Takes the next stretch, from <paramref name="start"/> to before <paramref name="stop"/>.</summary>
    public void Add(int start, int stop, bool matched)
    {
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
            pieces[^1] = (pieces[^1].Offset, stop - pieces[^1].Offset);
        else
            pieces.Add((start, stop - start));
        _previousMatched = matched;
        _any = true;
    }
}
