namespace Furiosa.Device.Grammar;

/// <summary>What a grammar allows next. The default allows everything.</summary>
/// <param name="Mask">Tokens that go on; null allows everything.</param>
/// <param name="EndIds">Tokens that end the sequence, whatever the mask says of them.</param>
/// <param name="CanEnd">Whether it may end.</param>
internal readonly record struct AllowedTokens(TokenMask? Mask, ReadOnlyMemory<int> EndIds, bool CanEnd)
{
    private const int FewEnds = 64;

    /// <summary>Whether the grammar forbids what was taken already, so that it allows nothing: a row behind a wrong guess, of which a step has several.</summary>
    public bool IsDead { get; init; }

    /// <summary>Whether an id may be chosen.</summary>
    public bool Allows(int id) => Mask is null || (EndIds.Span.Contains(id) ? CanEnd : Mask.Allows(id));

    /// <summary>Sets the scores of ids that may not be chosen to minus infinity.</summary>
    public void Apply(Span<float> row)
    {
        if (Mask is null)
            return;
        var ends = EndIds.Span;
        Span<float> kept = ends.Length <= FewEnds ? stackalloc float[ends.Length] : new float[ends.Length];
        for (var i = 0; i < ends.Length; i++)
            kept[i] = CanEnd && (uint)ends[i] < (uint)row.Length ? row[ends[i]] : float.NegativeInfinity;
        var words = Mask.Words;
        for (var first = 0; first < row.Length; first += 64)
        {
            var word = first / 64 < words.Length ? words[first / 64] : 0;
            var part = row[first..Math.Min(first + 64, row.Length)];
            if (word == 0)
            {
                part.Fill(float.NegativeInfinity);
                continue;
            }

            for (var i = 0; word != ulong.MaxValue && i < part.Length; i++)
            {
                if ((word >> i & 1) == 0)
                    part[i] = float.NegativeInfinity;
            }
        }

        for (var i = 0; i < ends.Length; i++)
        {
            if ((uint)ends[i] < (uint)row.Length)
                row[ends[i]] = kept[i];
        }
    }

    /// <summary>
    /// The lowest id that may be chosen, where no score decides. A vocabulary without the bytes that the grammar asks for leaves none:
    /// the sequence is ended then.
    /// </summary>
    internal int LowestAllowed(int vocabulary)
    {
        for (var id = 0; !IsDead && id < vocabulary; id++)
        {
            if (Allows(id))
                return id;
        }

        foreach (var end in EndIds.Span)
        {
            if ((uint)end < (uint)vocabulary)
                return end;
        }

        return 0;
    }
}
