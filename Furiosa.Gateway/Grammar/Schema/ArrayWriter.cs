using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Writes arrays: items with schemas of their own first, then the rest, within the bounds of their number. Items that <c>contains</c>
/// asks for are counted. Where they must differ, they are among few known values, and those used are remembered; where that would be
/// too many sets, values come in the order in which the schema lists them.
/// </summary>
internal sealed class ArrayWriter
{
    private const int MostSets = 3_000;

    private readonly SchemaCompiler _compiler;
    private readonly GrammarGraph _graph;
    private readonly SchemaFacts _facts;
    private readonly ArrayContains _contains;
    private readonly Dictionary<JToken, int> _indices;
    private readonly Dictionary<string, List<JToken>> _listed = new(StringComparer.Ordinal);
    private readonly Dictionary<Place, int> _states = [];
    private readonly Queue<Place> _open = new();
    private readonly bool _differ;
    private readonly int _countTo;
    private readonly bool _inOrder;

    private ArrayWriter(SchemaCompiler compiler, SchemaFacts facts)
    {
        _compiler = compiler;
        _graph = compiler.Graph;
        _facts = facts;
        _indices = new Dictionary<JToken, int>(compiler.Document.Equality);
        _contains = new ArrayContains(facts);
        _differ = facts.UniqueItems && facts.MaxItems is not (0 or 1);
        var prefix = facts.Schemas.Select(schema => Prefix(schema)?.Count ?? 0).DefaultIfEmpty(0).Max();
        _countTo = Math.Max(Math.Max(prefix, 1), Math.Max(facts.MinItems, facts.MaxItems ?? 0));
        if (_differ)
            _inOrder = CountSets() > MostSets;
    }

    public static void Write(SchemaCompiler compiler, SchemaFacts facts, int from, int to) => new ArrayWriter(compiler, facts).Write(from, to);

    /// <summary>The schemas of the item at an index.</summary>
    public static List<JToken> Item(SchemaFacts facts, int index)
    {
        var schemas = new List<JToken>();
        foreach (var schema in facts.Schemas)
        {
            if (Prefix(schema) is { } prefix && index < prefix.Count)
                schemas.Add(prefix[index]);
            else if ((schema["items"] is JArray ? schema["additionalItems"] : schema["items"]) is { } rest)
                schemas.Add(rest);
        }

        schemas.AddRange(facts.LeftOverItems.Where(left => left.Takes(schema => SpeaksOf(schema, index), LeftOver.Items)).Select(left => left.Rest));
        return schemas;
    }

    private void Write(int from, int to)
    {
        var (opened, closing) = (_graph.NewState(), _graph.NewState());
        _graph.AddBytes(from, (byte)'[', (byte)'[', opened);
        _graph.AddBytes(closing, (byte)']', (byte)']', to);
        if (MayEnd(default))
            _graph.AddBytes(opened, (byte)']', (byte)']', to);
        _graph.AddCall(opened, _compiler.Json.Space, StateOf(default));
        while (_open.TryDequeue(out var place))
        {
            var state = _states[place];
            if (place.Count > 0 && MayEnd(place))
                _graph.AddCall(state, _compiler.Json.Space, closing);
            if (place.Count == _facts.MaxItems)
                continue;
            if (place.Count > 0)
                state = AfterComma(state);
            foreach (var (counts, schemas) in _contains.Ways(_compiler.Document, place.Counts, Item(_facts, place.Count)))
                WriteItem(state, place with { Count = Math.Min(place.Count + 1, _countTo), Counts = counts }, schemas);
        }
    }

    private bool MayEnd(Place place) => place.Count >= _facts.MinItems && _contains.IsMet(place.Counts);

    private void WriteItem(int from, Place after, List<JToken> schemas)
    {
        if (!_differ)
        {
            _graph.AddCall(from, _compiler.RuleOf(schemas), StateOf(after));
            return;
        }

        foreach (var value in Values(schemas))
        {
            if (!_indices.TryGetValue(value, out var index) || index < after.Next || (after.Used >> index & 1) != 0)
                continue;
            var next = _inOrder ? after with { Next = index + 1 } : after with { Used = after.Used | 1UL << index };
            _graph.AddLiterals(from, [JsonText.Bytes(value)], StateOf(next));
        }
    }

    private List<JToken> Values(List<JToken> schemas)
    {
        var conjunction = Conjunction.Of(_compiler.Document, schemas);
        return _listed.TryGetValue(conjunction.Key, out var known) ? known : _listed[conjunction.Key] = SchemaEnumeration.Of(_compiler, conjunction)
            ?? throw new GrammarException($"The keyword 'uniqueItems' of the JSON schema is supported only for items of at most {SchemaEnumeration.Most} known values (by 'enum', 'const' or a small range of integers).");
    }

    // How many sets of values may be in use, as far as it matters; lists the values on the way.
    private long CountSets()
    {
        for (var index = 0; index <= _countTo; index++)
        {
            foreach (var value in Values(Item(_facts, index)))
            {
                if (_indices.TryAdd(value, _indices.Count) && _indices.Count > SchemaEnumeration.Most)
                    throw new GrammarException($"The keyword 'uniqueItems' of the JSON schema is supported for at most {SchemaEnumeration.Most} values in all.");
            }
        }

        long sets = 0, ofSize = 1;
        for (var size = 0; size <= Math.Min(_indices.Count, _facts.MaxItems ?? int.MaxValue) && sets <= MostSets; size++)
        {
            sets += ofSize;
            ofSize = ofSize * (_indices.Count - size) / (size + 1);
        }

        return sets;
    }

    private int StateOf(Place place)
    {
        if (_states.TryGetValue(place, out var known))
            return known;
        _open.Enqueue(place);
        return _states[place] = _graph.NewState();
    }

    private int AfterComma(int before)
    {
        var (comma, spaced) = (_graph.NewState(), _graph.NewState());
        _graph.AddBytes(before, (byte)',', (byte)',', comma);
        _graph.AddCall(comma, _compiler.Json.Space, spaced);
        return spaced;
    }

    private static bool SpeaksOf(JObject schema, int index) => (Prefix(schema) is { } prefix && index < prefix.Count) || (schema["items"] is JArray ? schema["additionalItems"] : schema["items"]) != null;

    // Before 2020 a list under "items" meant what "prefixItems" means now.
    private static JArray? Prefix(JObject schema) => schema["items"] as JArray ?? SchemaValues.List(schema, "prefixItems");

    private readonly record struct Place(int Count, ContainsCounts Counts, ulong Used, int Next);
}
