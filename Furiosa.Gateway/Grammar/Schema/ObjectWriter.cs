using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Writes objects: the members named in their order, each that is not required left out at will, then others. Where the number of
/// members is bounded it is counted. Names that could be written twice count once towards the least number; where more are needed, the
/// first of them differ in their lengths.
/// </summary>
internal sealed class ObjectWriter
{
    private const int MostDistinct = 16;

    private readonly SchemaCompiler _compiler;
    private readonly GrammarGraph _graph;
    private readonly SchemaFacts _facts;
    private readonly ObjectShape _shape;
    private readonly List<(GraphRule Pair, bool IsRequired)> _members = [];
    private readonly List<GraphRule> _others = [];
    private readonly List<List<GraphRule>> _distinct = [];
    private readonly Dictionary<Place, int> _states = [];
    private readonly Queue<Place> _open = new();
    private readonly int _countTo;
    private readonly int _end;
    private readonly int _closing;

    private ObjectWriter(SchemaCompiler compiler, SchemaFacts facts)
    {
        _compiler = compiler;
        _graph = compiler.Graph;
        _facts = facts;
        _shape = facts.Shape(compiler);
        _countTo = Math.Max(1, Math.Max(facts.MinProperties, facts.MaxProperties ?? 0));
        _end = _graph.NewState();
        _closing = _graph.NewState();
    }

    public static void Write(SchemaCompiler compiler, SchemaFacts facts, int from, int to)
    {
        var writer = new ObjectWriter(compiler, facts);
        if (!writer.ReadMembers())
            return;
        var graph = compiler.Graph;
        var opened = graph.NewState();
        graph.AddBytes(from, (byte)'{', (byte)'{', opened);
        graph.AddCall(opened, compiler.Json.Space, writer.StateOf(default));
        writer.WriteMembers();
        graph.AddCall(writer._end, compiler.Json.Space, writer._closing);
        graph.AddBytes(writer._closing, (byte)'}', (byte)'}', to);
    }

    // False where a required member is forbidden.
    private bool ReadMembers()
    {
        foreach (var name in _shape.Names)
        {
            var required = _shape.IsRequired(name);
            if (_shape.Member(name) is { } schemas)
                _members.Add((Pair(JsonName(name), schemas), required));
            else if (required)
                return false;
        }

        var others = _shape.Others().ToList();
        foreach (var (names, schemas) in others)
            _others.Add(Pair((from, to) => AddQuoted(names, from, to), schemas));
        if (_others.Count > 0)
            ReadDistinct(others);
        return true;
    }

    // Names of lengths that leave different rests are different names.
    private void ReadDistinct(List<(Dfa Names, List<JToken> Schemas)> others)
    {
        var count = Math.Max(1, _facts.MinProperties);
        if (count > MostDistinct && count > _members.Count + 1)
            throw new GrammarException($"The keyword 'minProperties' of the JSON schema is supported up to {MostDistinct}, or one more than the members named.");
        if (count <= _members.Count + 1)
        {
            _distinct.Add(_others);
            return;
        }

        for (var rest = 1; rest <= count; rest++)
        {
            var lengths = _compiler.Strings.LengthsWithRest(rest % count, count);
            _distinct.Add([.. others.Select(other => (Names: other.Names.And(lengths), other.Schemas)).Where(other => !other.Names.IsEmpty)
                .Select(other => Pair((from, to) => AddQuoted(other.Names, from, to), other.Schemas))]);
        }
    }

    private void WriteMembers()
    {
        while (_open.TryDequeue(out var place))
        {
            var state = _states[place];
            if (place.Next < _members.Count)
            {
                var (pair, required) = _members[place.Next];
                AddMember(state, place, pair, place with { Next = place.Next + 1, Distinct = place.Distinct + 1, Total = place.Total + 1 });
                if (!required)
                    _graph.AddEmpty(state, StateOf(place with { Next = place.Next + 1 }));
                continue;
            }

            // Others may repeat a name: only the first ones surely count.
            var distinct = place.Others < _distinct.Count;
            foreach (var pair in distinct ? _distinct[place.Others] : _others)
            {
                AddMember(state, place, pair, place with
                {
                    Total = place.Total + 1, Distinct = place.Distinct + (distinct ? 1 : 0), Others = Math.Min(place.Others + 1, _distinct.Count),
                });
            }

            if (place.Distinct >= _facts.MinProperties)
                _graph.AddEmpty(state, place.Total == 0 ? _closing : _end);
        }
    }

    private void AddMember(int from, Place place, GraphRule pair, Place after)
    {
        if (_facts.MaxProperties is { } max && place.Total >= max)
            return;
        if (place.Total > 0)
        {
            var (comma, spaced) = (_graph.NewState(), _graph.NewState());
            _graph.AddBytes(from, (byte)',', (byte)',', comma);
            _graph.AddCall(comma, _compiler.Json.Space, spaced);
            from = spaced;
        }

        _graph.AddCall(from, pair, StateOf(after));
    }

    // Counts beyond what is asked about are all alike.
    private int StateOf(Place place)
    {
        place = place with { Distinct = Math.Min(place.Distinct, _facts.MinProperties), Total = Math.Min(place.Total, _countTo) };
        if (_states.TryGetValue(place, out var known))
            return known;
        _open.Enqueue(place);
        return _states[place] = _graph.NewState();
    }

    private GraphRule Pair(Action<int, int> addName, List<JToken> schemas)
    {
        var rule = _graph.NewRule("member");
        var (named, colon, value) = (_graph.NewState(), _graph.NewState(), _graph.NewState());
        addName(rule.Start, named);
        _graph.AddBytes(named, (byte)':', (byte)':', colon);
        _graph.AddCall(colon, _compiler.Json.Space, value);
        _graph.AddCall(value, _compiler.RuleOf(schemas), rule.End);
        return rule;
    }

    private Action<int, int> JsonName(string name) => (from, to) => _graph.AddLiterals(from, [JsonText.Quoted(name)], to);

    private void AddQuoted(Dfa inside, int from, int to)
    {
        var (begin, end) = (_graph.NewState(), _graph.NewState());
        _graph.AddBytes(from, (byte)'"', (byte)'"', begin);
        inside.AddTo(_graph, begin, end);
        _graph.AddBytes(end, (byte)'"', (byte)'"', to);
    }

    private readonly record struct Place(int Next, int Distinct, int Total, int Others);
}
