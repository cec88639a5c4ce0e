namespace Furiosa.Device.Grammar;

/// <summary>
/// Tells for a sequence which tokens its grammar allows next, and keeps the answers: where a grammar comes back to the same state, in
/// this request or another with the same grammar, nothing is computed again. Thread-safe.
/// </summary>
internal sealed class TokenMaskMaker
{
    // 16 KB each for 128k tokens.
    private const int MaxKeptMasks = 2048;

    // Readings looked at for one mask, a bound that only a grammar made to be slow reaches (some 50 ms): beyond it tokens of more than
    // one byte are refused.
    private const long MaxWork = 250_000;

    private readonly VocabularyTrie _vocabulary;
    private readonly GrammarCache _grammars;
    private readonly Lock _gate = new();
    private long _walks;
    private readonly Dictionary<(string Key, UInt128 State), TokenMask> _masks = [];

    /// <summary>A maker for one vocabulary.</summary>
    public TokenMaskMaker(VocabularyTrie vocabulary, int grammarCapacity = 32)
    {
        _vocabulary = vocabulary;
        _grammars = new GrammarCache(grammarCapacity);
    }

    /// <summary>The vocabulary.</summary>
    public VocabularyTrie Vocabulary => _vocabulary;

    /// <summary>A sequence's state before its first token. Grammars with one key share what was computed for them.</summary>
    public GrammarState Begin(ByteGrammar grammar) => new(_grammars.Get(grammar), _vocabulary);

    /// <summary>
    /// The tokens that keep the text a beginning of some text of the grammar. End tokens are not among them: they are allowed where
    /// <see cref="GrammarState.CanEnd"/> and nowhere else, which is the caller's to add. The mask is shared: not to be changed.
    /// </summary>
    public TokenMask Allowed(GrammarState state)
    {
        var key = (state.Automaton.Key, state.Now.Hash);
        lock (_gate)
        {
            if (_masks.TryGetValue(key, out var known))
                return known;
        }

        TokenMask mask;
        lock (state.Automaton.Gate)
        {
            mask = Compute(state.Automaton, state.Automaton.BeginWalk(state.Now));
            state.Automaton.EndWalk();
        }

        lock (_gate)
        {
            if (_masks.Count >= MaxKeptMasks)
                _masks.Clear();
            _masks[key] = mask;
        }

        return mask;
    }

    // What is too much is cut at a token that depends on the order of the walk: by bytes, whatever was folded by then, so that every machine
    // cuts at the same one. The work of a whole walk is the same in any order.
    private TokenMask Compute(GrammarAutomaton automaton, Configuration now)
    {
        automaton.Folds ??= (new TrieFold(_vocabulary.Others), new TrieFold(_vocabulary.Plain));
        var (others, plain) = automaton.Folds.Value;
        var mask = Walk(automaton, now, byBytes: false, out var work);
        return work <= 0 && (others.IsFolded || plain.IsFolded) ? Walk(automaton, now, byBytes: true, out _) : mask;
    }

    private TokenMask Walk(GrammarAutomaton automaton, Configuration now, bool byBytes, out long work)
    {
        work = MaxWork;
        var mask = new TokenMask(_vocabulary.Size);
        if (now.Items.Length == 0)
            return mask;
        var walk = Interlocked.Increment(ref _walks);
        var path = new Configuration[_vocabulary.Path];
        var (run, refusedAfter) = PlainText.Measure(automaton, now);
        if (run > 0)
            mask.AllowAll(_vocabulary.PlainUpTo(run));

        // First, so that there is always a way on.
        _vocabulary.SingleBytes.Walk(automaton, now, path, mask, walk, ref work, untilOne: true);
        automaton.Folds!.Value.Others.Walk(automaton, now, path, mask, walk, ref work, byBytes);
        if (run < PlainText.MaxRun && !refusedAfter)
            automaton.Folds!.Value.Plain.Walk(automaton, now, path, mask, walk, ref work, byBytes);
        return mask;
    }
}
