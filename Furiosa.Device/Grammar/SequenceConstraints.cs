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

    // Tokens that can be given back without taking all others again: as many as a step guesses by default, and more where one guessed more. Each
    // place holds all readings of an ambiguous grammar.
    private const int FirstPlaces = 8;
    private const int MostPlaces = 128;

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
        var state = Find(key, constraint.Grammar, maker).Follow(generatedIds);
        return new AllowedTokens(maker.Allowed(state), constraint.EndIds, state.CanEnd) { IsDead = state.IsDead };
    }

    private Entry Find((long, int) key, ByteGrammar grammar, TokenMaskMaker maker)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || entry.Key != grammar.Key)
            {
                if (_entries.Count >= MaxKept)
                    _entries.Clear();
                _entries[key] = entry = new Entry(grammar.Key, maker.Begin(grammar));
            }

            entry.LastStep = _step;
            return entry;
        }
    }

    /// <summary>One sequence. The rows of a step that guesses ask one after another, in any order.</summary>
    private sealed class Entry(string key, GrammarState state)
    {
        private readonly Lock _gate = new();
        private readonly List<int> _taken = [];
        private Configuration[] _after = new Configuration[FirstPlaces]; // so many tokens, at that number modulo the length
        private int _furthest; // tokens that were taken before some were given back: places of so many before these are written over

        public string Key => key;

        /// <summary>The step that asked for it last.</summary>
        public long LastStep { get; set; }

        /// <summary>The place after the ids.</summary>
        public GrammarState Follow(ReadOnlySpan<int> ids)
        {
            lock (_gate)
            {
                GoBack(ids.CommonPrefixLength(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_taken)));
                foreach (var id in ids[_taken.Count..])
                {
                    _after[_taken.Count % _after.Length] = state.Now;
                    state.Advance(id);
                    _taken.Add(id);
                }

                _furthest = Math.Max(_furthest, _taken.Count);
                return state.Copy();
            }
        }

        private void GoBack(int count)
        {
            if (count == _taken.Count)
                return;
            if (_furthest - count > _after.Length)
            {
                _after = new Configuration[Math.Min(MostPlaces, 2 * _after.Length)];
                count = _furthest = 0;
            }

            if (count == 0)
                state.Rebuild([]);
            else
                state.GoBack(_after[count % _after.Length], count);
            _taken.RemoveRange(count, _taken.Count - count);
        }
    }
}
