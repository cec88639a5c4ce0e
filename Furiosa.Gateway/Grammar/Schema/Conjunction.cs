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

    private Conjunction(SchemaDocument document) => _document = document;

    /// <summary>Whether nothing can be valid: one of the schemas is false.</summary>
    public bool IsImpossible { get; private set; }

    /// <summary>The object schemas, in the order they were met.</summary>
    public IEnumerable<JObject> Schemas => _parts.Select(part => part.Schema);

    /// <summary>Equal for conjunctions of the same parts.</summary>
    public string Key => IsImpossible ? "false" : string.Join(',', _parts.Select(part => $"{_document.Number(part.Schema)}{(part.AnyOfDone ? "a" : "")}{(part.OneOfDone ? "o" : "")}").Order(StringComparer.Ordinal));

    /// <exception cref="GrammarException">A schema is malformed or uses a keyword that is not supported.</exception>
    public static Conjunction Of(SchemaDocument document, IEnumerable<JToken> schemas)
    {
        var made = new Conjunction(document);
        foreach (var schema in schemas)
            made.Add(schema);
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
    public Conjunction Choose((JObject Schema, bool IsOneOf) choice, IReadOnlyList<JToken> more)
    {
        var made = new Conjunction(_document) { IsImpossible = IsImpossible };
        foreach (var part in _parts)
        {
            var chosen = ReferenceEquals(part.Schema, choice.Schema);
            made._parts.Add(new Part(part.Schema, part.AnyOfDone || (chosen && !choice.IsOneOf), part.OneOfDone || (chosen && choice.IsOneOf)));
        }

        foreach (var schema in more)
            made.Add(schema);
        return made;
    }

    private void Add(JToken start)
    {
        var open = new Stack<JToken>([start]);
        while (open.TryPop(out var schema))
        {
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

            SchemaKeywords.Check(item);
            _parts.Add(new Part(item, false, false));
            if (_parts.Count > 200)
                throw new GrammarException($"More than 200 schemas hold together at {SchemaKeywords.Where(item)} of the JSON schema.");
            foreach (var part in (SchemaValues.List(item, "allOf") ?? []).Reverse())
                open.Push(part);
            foreach (var part in SchemaDerivation.Of(_document, item).Reverse())
                open.Push(part);
            if (SchemaValues.Text(item, "$ref") is { } reference)
                open.Push(_document.Resolve(item, reference));
        }
    }

    private sealed record Part(JObject Schema, bool AnyOfDone, bool OneOfDone);
}
