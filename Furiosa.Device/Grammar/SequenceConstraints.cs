using Furiosa.Device.Execution;

namespace Furiosa.Device.Grammar;

/// <summary>
/// Where the sequences of a stage stand in their grammars. Kept between steps and found again by the sequence's id; what is not
/// found, or does not fit the ids that come with the request, is rebuilt from them. Nobody tells of the end of a sequence, so what was
/// not asked for during some steps is let go: each entry holds a whole grammar with all that was computed for it. Thread-safe.
/// </summary>
/// <param name="masks">Makes masks; null where no vocabulary was given.</param>
internal sealed class SequenceConstraints(Lazy<TokenMaskMaker>? masks)
{
    private const int MaxKept = 4096;

    // Steps that an entry outlives its last use by, and at most twice as many: a sequence that waits longer is rebuilt.
    private const long KeptSteps = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<(long SequenceId, int Choice), Entry> _entries = [];
    private long _step;

    /// <summary>Entries kept.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Before each step of the stage: lets go of what was not asked for lately. Allocates nothing.</summary>
    public void BeginStep()
    {
        lock (_gate)
        {
            if (++_step % KeptSteps != 0)
                return;
            foreach (var (key, entry) in _entries)
            {
                if (entry.LastStep < _step - KeptSteps)
                    _entries.Remove(key);
            }
        }
    }

    /// <summary>What the request's grammar allows after the ids generated so far.</summary>
    public AllowedTokens Of(SampleRequest request, ReadOnlySpan<int> generatedIds)
    {
        if (request.Constraint is not { } constraint)
            return default;
        var maker = masks?.Value ?? throw new InvalidOperationException("the model was opened without its tokens' bytes, so no grammar can be followed");
        var key = (constraint.SequenceId, request is DrawToken draw ? draw.Choice : 0);
        var entry = Take(key, constraint.Grammar, maker);
        entry.Follow(generatedIds);
        var allowed = new AllowedTokens(maker.Allowed(entry.State), constraint.EndIds, entry.State.CanEnd);
        lock (_gate)
        {
            if (_entries.Count >= MaxKept)
                _entries.Clear();
            entry.LastStep = _step;
            _entries[key] = entry;
        }

        return allowed;
    }

    // Taken out while it is used: no other thread can have it.
    private Entry Take((long, int) key, ByteGrammar grammar, TokenMaskMaker maker)
    {
        lock (_gate)
        {
            if (_entries.Remove(key, out var known) && known.Key == grammar.Key)
                return known;
        }

        return new Entry(grammar.Key, maker.Begin(grammar));
    }

    private sealed class Entry(string key, GrammarState state)
    {
        private readonly List<int> _taken = [];

        public string Key => key;

        public GrammarState State => state;

        /// <summary>The step that asked for it last.</summary>
        public long LastStep { get; set; }

        public void Follow(ReadOnlySpan<int> ids)
        {
            var taken = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_taken);
            if (!ids.StartsWith(taken))
            {
                state.Rebuild([]);
                _taken.Clear();
            }

            foreach (var id in ids[_taken.Count..])
            {
                state.Advance(id);
                _taken.Add(id);
            }
        }
    }
}
