using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Schemas that hold together, references, <c>allOf</c>, negations and conditions resolved: the unit that is compiled to a rule. A part whose <c>anyOf</c> or
/// <c>oneOf</c> has been replaced by one of its branches is marked so.
/// </summary>
internal sealed class Conjunction
{
    private readonly SchemaDocument _document;
    private readonly List<Part> _parts = [];
    private string? _key;
    private SchemaFacts? _facts;

    private Conjunction(SchemaDocument document) => _document = document;

    /// <summary>Whether nothing can be valid: one of the schemas is false.</summary>
    public bool IsImpossible { get; private set; }

    /// <summary>The object schemas, in the order they were met.</summary>
    public IEnumerable<JObject> Schemas => _parts.Select(part => part.Schema);

    /// <summary>Equal for conjunctions of the same parts.</summary>
    public string Key => IsImpossible ? "false" : _key ??= MakeKey();

    /// <summary>What the schemas say together.</summary>
    public SchemaFacts Facts => _facts ??= new SchemaFacts(this, _document);

    /// <summary>For each schema with a keyword about what is left over: what it says, and the schemas that take something before.</summary>
    public IEnumerable<LeftOver> LeftOvers(string keyword) => _parts.Where(part => part.Schema[keyword] != null).Select(part =>
        new LeftOver(part.Schema[keyword]!, part.Schema, [.. _parts.Where(other => !other.IsNegated && IsWithin(other, part.Schema)).Select(other => other.Schema)]));

    /// <exception cref="GrammarException">A schema is malformed or uses a keyword that is not supported.</exception>
    public static Conjunction Of(SchemaDocument document, IEnumerable<JToken> schemas)
    {
        var made = new Conjunction(document);
        foreach (var schema in schemas)
            made.Add(schema, null, isNegated: false);
        return made;
    }

    /// <summary>The first part with branches still to be chosen from.</summary>
    public (JObject Schema, bool IsOneOf)? NextChoice()
    {
        foreach (var part in _parts)
        {
            if (part.Schema["anyOf"] != null && !part.AnyOfDone)
                return (part.Schema, false);
            if (part.Schema["oneOf"] != null && !part.OneOfDone)
                return (part.Schema, true);
        }

        return null;
    }

    /// <summary>This with a choice made.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="more">The branch, then what keeps it apart from the others.</param>
    public Conjunction Choose((JObject Schema, bool IsOneOf) choice, IReadOnlyList<JToken> more)
    {
        _document.Budget.Spend(1 + _parts.Count);
        var made = new Conjunction(_document) { IsImpossible = IsImpossible };
        foreach (var part in _parts)
        {
            var chosen = ReferenceEquals(part.Schema, choice.Schema);
            made._parts.Add(part with { AnyOfDone = part.AnyOfDone || (chosen && !choice.IsOneOf), OneOfDone = part.OneOfDone || (chosen && choice.IsOneOf) });
        }

        var isNegated = _parts.Exists(part => ReferenceEquals(part.Schema, choice.Schema) && part.IsNegated);
        foreach (var (i, schema) in more.Index())
            made.Add(schema, choice.Schema, isNegated || i > 0);
        return made;
    }

    // Where a schema stands among the others matters only to what is left over.
    private string MakeKey()
    {
        var placed = _parts.Exists(part => part.Schema[LeftOver.Properties] != null || part.Schema[LeftOver.Items] != null);
        return string.Join(',', _parts.Select(part => $"{_document.Number(part.Schema)}{(part.AnyOfDone ? "a" : "")}{(part.OneOfDone ? "o" : "")}{(placed ? Place(part) : "")}").Order(StringComparer.Ordinal));
    }

    private string Place(Part part) => $"{(part.Holder is { } holder ? $"<{_document.Number(holder)}" : "")}{(part.IsNegated ? "n" : "")}";

    private bool IsWithin(Part part, JObject schema)
    {
        for (var at = part; at != null; at = _parts.Find(one => ReferenceEquals(one.Schema, at.Holder)))
        {
            _document.Budget.Spend(1 + (_parts.Count / 16));
            if (ReferenceEquals(at.Schema, schema))
                return true;
        }

        return false;
    }

    private void Add(JToken start, JObject? startHolder, bool isNegated)
    {
        var open = new Stack<(JToken Schema, JObject? Holder, bool IsNegated)>([(start, startHolder, isNegated)]);
        while (open.TryPop(out var next))
        {
            var (schema, holder, negated) = next;
            _document.Budget.Spend(1 + (_parts.Count / 16));
            if (schema is JValue { Value: bool allowed })
            {
                IsImpossible |= !allowed;
                continue;
            }

            if (schema is not JObject item)
                throw new GrammarException($"The JSON schema has {schema.Type.ToString().ToLowerInvariant()} at {SchemaKeywords.Where(schema)} where an object, true or false is expected.");
            if (_parts.Find(part => ReferenceEquals(part.Schema, item)) is { } known)
            {
                // A branch of a choice that leads back to the choice itself adds no value of its own.
                IsImpossible |= known.AnyOfDone || known.OneOfDone;
                continue;
            }

            _document.Budget.Spend(item.Count);
            SchemaKeywords.Check(item);
            _parts.Add(new Part(item, holder, negated));
            if (_parts.Count > 200)
                throw new GrammarException($"More than 200 schemas hold together at {SchemaKeywords.Where(item)} of the JSON schema.");
            foreach (var part in (SchemaValues.List(item, "allOf") ?? []).Reverse())
                open.Push((part, item, negated));
            foreach (var (part, derivedNegated) in _document.Derived(item).Reverse())
                open.Push((part, item, negated || derivedNegated));
            if (SchemaValues.Text(item, "$ref") is { } reference)
                open.Push((_document.Resolve(item, reference), item, negated));
        }
    }

    // The schema that it was met in, and whether it only says what a value is not.
    private sealed record Part(JObject Schema, JObject? Holder, bool IsNegated)
    {
        public bool AnyOfDone { get; init; }

        public bool OneOfDone { get; init; }
    }
}
