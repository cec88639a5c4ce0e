using Furiosa.Device.Execution;

namespace Furiosa.Device.Grammar;

/// <summary>
/// Where the sequences of a stage stand in their grammars. Kept between steps and found again by the sequence's id; what is not
/// found, or does not fit the ids that come with the request, is rebuilt from them. Thread-safe.
/// </summary>
/// <param name="masks">Makes masks; null where no vocabulary was given.</param>
internal sealed class SequenceConstraints(Lazy<TokenMaskMaker>? masks)
{
    private const int MaxKept = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(long SequenceId, int Choice), Entry> _entries = [];

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
