namespace Furiosa.Device.Grammar;

/// <summary>The grammars used last, made ready to run, by key. Thread-safe.</summary>
internal sealed class GrammarCache(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<GrammarAutomaton>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<GrammarAutomaton> _latestFirst = [];

    public GrammarAutomaton Get(ByteGrammar grammar)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(grammar.Key, out var known))
            {
                _latestFirst.Remove(known);
                _latestFirst.AddFirst(known);
                return known.Value;
            }

            if (_byKey.Count >= capacity)
            {
                _byKey.Remove(_latestFirst.Last!.Value.Key);
                _latestFirst.RemoveLast();
            }

            return (_byKey[grammar.Key] = _latestFirst.AddFirst(new GrammarAutomaton(grammar))).Value;
        }
    }
}
