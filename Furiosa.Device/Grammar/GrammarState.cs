namespace Furiosa.Device.Grammar;

/// <summary>
/// Where one sequence stands in its grammar. Holds nothing but what its token ids decide, so it can be thrown away and rebuilt from
/// them. One owner at a time; states of one grammar may be used from several threads.
/// </summary>
internal sealed class GrammarState
{
    private readonly GrammarAutomaton _automaton;
    private readonly VocabularyTrie _vocabulary;
    private Configuration _now;

    internal GrammarState(GrammarAutomaton automaton, VocabularyTrie vocabulary)
    {
        _automaton = automaton;
        _vocabulary = vocabulary;
        _now = automaton.Start;
    }

    /// <summary>Number of tokens taken.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Whether what was taken is a whole text of the grammar, so that the sequence may end.</summary>
    public bool CanEnd => _now.IsAccepting;

    /// <summary>Whether the grammar forbids what was taken; nothing more is allowed then.</summary>
    public bool IsDead => ReferenceEquals(_now, Configuration.Dead);

    internal Configuration Now => _now;

    internal GrammarAutomaton Automaton => _automaton;

    /// <summary>The same place, for another owner.</summary>
    internal GrammarState Copy() => new(_automaton, _vocabulary) { _now = _now, TokenCount = TokenCount };

    /// <summary>Gives back the tokens behind a place where it was before.</summary>
    internal void GoBack(Configuration then, int tokenCount) => (_now, TokenCount) = (then, tokenCount);

    /// <summary>Takes a token.</summary>
    /// <returns>False when the grammar forbids it (or it has no bytes); the state is dead then.</returns>
    public bool Advance(int tokenId)
    {
        TokenCount++;
        var bytes = _vocabulary.Bytes(tokenId);
        if (bytes.IsEmpty)
            _now = Configuration.Dead;
        lock (_automaton.Gate)
        {
            var now = _automaton.BeginWalk(_now);
            foreach (var value in bytes)
                now = _automaton.Next(now, value);
            _now = now;
            _automaton.EndWalk();
        }

        return !IsDead;
    }

    /// <summary>Starts anew and takes the tokens.</summary>
    /// <returns>False when the grammar forbids one of them.</returns>
    public bool Rebuild(ReadOnlySpan<int> tokenIds)
    {
        _now = _automaton.Start;
        TokenCount = 0;
        foreach (var id in tokenIds)
            Advance(id);
        return !IsDead;
    }
}
