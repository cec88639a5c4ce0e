using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// What several schemas say of an object's members together. Members no schema names are made only where a schema asks for them (by
/// <c>additionalProperties</c> or <c>patternProperties</c>) or where none names any: the rest is allowed to be made, but not wished.
/// </summary>
internal sealed class ObjectShape
{
    private const int MaxPatterns = 8;

    private readonly SchemaFacts _facts;
    private readonly SchemaCompiler _compiler;
    private readonly HashSet<string> _required;

    public ObjectShape(SchemaFacts facts, SchemaCompiler compiler)
    {
        _facts = facts;
        _compiler = compiler;
        var required = facts.Schemas.SelectMany(schema => SchemaValues.Names(schema, "required")).ToList();
        _required = new HashSet<string>(required, StringComparer.Ordinal);
        Names = [.. facts.Schemas.SelectMany(schema => SchemaValues.Map(schema, "properties")?.Properties().Select(property => property.Name) ?? [])
            .Concat(required).Concat(facts.Schemas.SelectMany(KnownNames)).Distinct(StringComparer.Ordinal)];
        compiler.Document.Budget.Spend(required.Count + Names.Count);
    }

    /// <summary>The members named, in the order in which they are written.</summary>
    public IReadOnlyList<string> Names { get; }

    public bool IsRequired(string name) => _required.Contains(name);

    /// <summary>The schemas of a member named; null where it is forbidden.</summary>
    public List<JToken>? Member(string name)
    {
        var schemas = new List<JToken>();
        foreach (var schema in _facts.Schemas)
        {
            var found = Matching(schema, name).ToList();
            schemas.AddRange(found);
            if (found.Count == 0 && schema["additionalProperties"] is { } additional)
                schemas.Add(additional);
            if (schema["propertyNames"] is { } names && !NamesOf(names).Accepts(CharacterEncoding.Json.Encode(name)))
                return null;
        }

        schemas.AddRange(_facts.LeftOverProperties.Where(left => left.Takes(schema => schema["additionalProperties"] != null || Matching(schema, name).Any(), LeftOver.Properties)).Select(left => left.Rest));
        return schemas.Exists(schema => schema is JValue { Value: false }) ? null : schemas;
    }

    /// <summary>The other members: sets of names with the schemas of each. Empty where there are none.</summary>
    public IEnumerable<(Dfa Names, List<JToken> Schemas)> Others()
    {
        var patterns = _facts.Schemas.SelectMany(schema => SchemaValues.Map(schema, "patternProperties")?.Properties().Select(property => property.Name) ?? []).Distinct(StringComparer.Ordinal).ToList();
        if (patterns.Count > MaxPatterns)
            throw new GrammarException($"The JSON schema has more than {MaxPatterns} patterns in 'patternProperties' for one object.");
        var open = Names.All(name => Member(name) == null) || _facts.Schemas.Any(schema => schema["additionalProperties"] is not (null or JValue { Value: false }))
            || _facts.LeftOverProperties.Any(left => left.Rest is not JValue { Value: false });
        if (patterns.Count == 0 && (!open || _facts.Schemas.Any(schema => schema["additionalProperties"] is JValue { Value: false })))
            yield break;
        var names = _compiler.Strings.All();
        if (Names.Count > 0)
            names = names.Except(_compiler.Strings.Only(Names));
        foreach (var schema in _facts.Schemas)
        {
            if (schema["propertyNames"] is { } restriction)
                names = names.And(NamesOf(restriction));
        }

        foreach (var (some, matched) in Split(names, patterns, [], 0))
        {
            if (matched.Count == 0 && !open)
                continue;
            var schemas = _facts.Schemas.SelectMany(schema => OfOther(schema, matched))
                .Concat(_facts.LeftOverProperties.Where(left => left.Takes(schema => OfOther(schema, matched).Count > 0, LeftOver.Properties)).Select(left => left.Rest)).ToList();
            if (!schemas.Exists(schema => schema is JValue { Value: false }))
                yield return (some, schemas);
        }
    }

    private Dfa NamesOf(JToken schema) => _compiler.Strings.Of(_compiler, Conjunction.Of(_compiler.Document, [schema]));

    // Names that "propertyNames" lists are members like those that "properties" names.
    private IEnumerable<string> KnownNames(JObject schema) => schema["propertyNames"] is { } names
        ? (SchemaEnumeration.Of(_compiler, Conjunction.Of(_compiler.Document, [names])) ?? []).Where(name => name.Type == JTokenType.String).Select(name => (string)name!)
        : [];

    private IEnumerable<JToken> Matching(JObject schema, string name)
    {
        _compiler.Document.Budget.Spend(1);
        if (SchemaValues.Map(schema, "properties")?[name] is { } own)
            yield return own;
        foreach (var pattern in SchemaValues.Map(schema, "patternProperties")?.Properties() ?? [])
        {
            _compiler.Document.Budget.Spend(1 + (name.Length / 16));
            if (_compiler.Strings.Pattern(pattern.Name).Accepts(CharacterEncoding.Json.Encode(name)))
                yield return pattern.Value;
        }
    }

    private static List<JToken> OfOther(JObject schema, List<string> matched)
    {
        var own = SchemaValues.Map(schema, "patternProperties") is { } patterns ? matched.Select(pattern => patterns[pattern]).OfType<JToken>().ToList() : [];
        return own.Count > 0 ? own : schema["additionalProperties"] is { } additional ? [additional] : [];
    }

    private IEnumerable<(Dfa Names, List<string> Matched)> Split(Dfa names, List<string> patterns, List<string> matched, int next)
    {
        if (names.IsEmpty)
            return [];
        if (next == patterns.Count)
            return [(names, matched)];
        var pattern = _compiler.Strings.Pattern(patterns[next]);
        return Split(names.And(pattern), patterns, [.. matched, patterns[next]], next + 1).Concat(Split(names.Except(pattern), patterns, matched, next + 1));
    }
}
