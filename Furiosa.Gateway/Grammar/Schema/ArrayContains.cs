using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>How many items so far were made to match each <c>contains</c>.</summary>
internal readonly record struct ContainsCounts(int First, int Second)
{
    public int this[int index] => index == 0 ? First : Second;

    public ContainsCounts With(int index, int count) => index == 0 ? this with { First = count } : this with { Second = count };
}

/// <summary>
/// The <c>contains</c> of an array with their bounds. An item is made to match or left as it may be; where matches have a most, what is
/// not counted is made not to match.
/// </summary>
internal sealed class ArrayContains
{
    private const int MostBound = 1_000;

    private readonly List<(JToken Schema, int Min, int? Max)> _wanted = [];

    public ArrayContains(SchemaFacts facts)
    {
        foreach (var schema in facts.Schemas)
        {
            var (min, max) = (SchemaValues.Count(schema, "minContains") ?? 1, SchemaValues.Count(schema, "maxContains"));
            if (schema["contains"] is not { } wanted || (min == 0 && max == null))
                continue;
            if (Math.Max(min, max ?? 0) > MostBound)
                throw SchemaValues.Bad(schema, "contains", $"counted up to {MostBound} here");
            _wanted.Add((wanted, min, max));
        }

        if (_wanted.Count > 2)
            throw new GrammarException("The keyword 'contains' of the JSON schema is supported twice for one array.");
    }

    public bool IsMet(ContainsCounts counts) => !_wanted.Index().Any(entry => counts[entry.Index] < entry.Item.Min);

    /// <summary>Whether each is met by as many matches as are counted.</summary>
    public bool IsMetBy(Func<JToken, int> count) => _wanted.TrueForAll(wanted => count(wanted.Schema) is var found && found >= wanted.Min && found <= (wanted.Max ?? int.MaxValue));

    /// <summary>What the next item may be, each way with the counts after it.</summary>
    public IEnumerable<(ContainsCounts Counts, List<JToken> Schemas)> Ways(SchemaDocument document, ContainsCounts counts, List<JToken> item)
    {
        IEnumerable<(ContainsCounts Counts, List<JToken> Schemas)> ways = [(counts, item)];
        for (var i = 0; i < _wanted.Count; i++)
        {
            var index = i;
            ways = [.. ways.SelectMany(way => Ways(document, way.Counts, way.Schemas, index))];
        }

        return ways;
    }

    private IEnumerable<(ContainsCounts, List<JToken>)> Ways(SchemaDocument document, ContainsCounts counts, List<JToken> item, int index)
    {
        var (schema, min, max) = _wanted[index];
        yield return (counts, max == null ? item : [.. item, SchemaNegation.Of(document, schema)]);
        if (counts[index] < (max ?? min))
            yield return (counts.With(index, counts[index] + 1), [.. item, schema]);
    }
}
