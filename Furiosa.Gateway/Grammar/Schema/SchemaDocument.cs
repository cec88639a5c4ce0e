using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>A schema with its references: finds what <c>$ref</c> names, by pointer, anchor or <c>$id</c>, and gives every part a number.</summary>
internal sealed class SchemaDocument(JToken root, GrammarBudget budget)
{
    private static readonly Uri NoBase = new("schema:///");

    private readonly Dictionary<JToken, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, JToken> _made = new(StringComparer.Ordinal);
    private readonly Dictionary<JToken, JToken> _negations = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<JObject, IReadOnlyList<(JToken Schema, bool IsNegated)>> _derived = new(ReferenceEqualityComparer.Instance);
    private Dictionary<string, JToken>? _anchors;
    private Dictionary<Uri, JToken>? _resources;

    public JToken Root => root;

    /// <summary>Counts what is done with the document.</summary>
    public GrammarBudget Budget { get; } = budget;

    /// <summary>Which of its values are equal.</summary>
    public JsonEquality Equality { get; } = new(budget);

    public int Number(JToken schema)
    {
        if (!_numbers.TryGetValue(schema, out var number))
            _numbers[schema] = number = _numbers.Count;
        return number;
    }

    /// <summary>A schema that the document does not have; one object for equal ones.</summary>
    public JToken Make(JToken schema)
    {
        var text = schema.ToString(Newtonsoft.Json.Formatting.None);
        Budget.Spend(1 + (text.Length / 2));
        return _made.TryGetValue(text, out var known) ? known : _made[text] = schema;
    }

    /// <summary>The negation of a schema, made once.</summary>
    public JToken Negation(JToken schema, Func<JToken> make) =>
        _negations.TryGetValue(schema, out var known) ? known : _negations[schema] = make();

    /// <summary>What must hold beside a schema's own keywords, made once.</summary>
    /// <exception cref="GrammarException">A condition cannot be negated exactly; the message names the keyword.</exception>
    public IReadOnlyList<(JToken Schema, bool IsNegated)> Derived(JObject schema) =>
        _derived.TryGetValue(schema, out var known) ? known : _derived[schema] = [.. SchemaDerivation.Of(this, schema)];

    /// <summary>What a reference names.</summary>
    /// <param name="from">The schema that has the reference.</param>
    /// <param name="reference">Its <c>$ref</c>.</param>
    /// <exception cref="GrammarException">The reference leads nowhere or out of the document.</exception>
    public JToken Resolve(JObject from, string reference)
    {
        Budget.Spend(1 + (reference.Length / 16));
        var cut = reference.IndexOf('#', StringComparison.Ordinal);
        var (address, fragment) = cut < 0 ? (reference, "") : (reference[..cut], reference[(cut + 1)..]);
        var resource = address.Length == 0 ? ResourceOf(from) : FindResource(from, address)
            ?? throw new GrammarException($"The $ref '{reference}' leads out of the JSON schema: put what it names under '$defs' and refer to it by '#/$defs/…'.");
        var found = fragment.Length == 0 ? resource
            : fragment[0] == '/' ? Follow(resource, fragment[1..])
            : Anchors().GetValueOrDefault(Uri.UnescapeDataString(fragment));
        return found ?? throw new GrammarException($"The $ref '{reference}' of the JSON schema leads nowhere.");
    }

    private static JToken? Follow(JToken at, string pointer)
    {
        foreach (var part in pointer.Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var next = at switch
            {
                JObject item => item[name],
                JArray list when int.TryParse(name, out var index) && index >= 0 && index < list.Count => list[index],
                _ => null,
            };
            if (next == null)
                return null;
            at = next;
        }

        return at;
    }

    // The nearest schema around it with an $id of its own: what its pointers begin at.
    private JToken ResourceOf(JObject from) => from.AncestorsAndSelf().OfType<JObject>().FirstOrDefault(schema => Id(schema) != null) ?? root;

    private JToken? FindResource(JObject from, string address)
    {
        _resources ??= (root as JContainer)?.DescendantsAndSelf().OfType<JObject>().Where(schema => Id(schema) != null)
            .DistinctBy(BaseOf).ToDictionary(BaseOf, schema => (JToken)schema) ?? [];
        return Uri.TryCreate(BaseOf(from), address, out var target) ? _resources.GetValueOrDefault(target) : null;
    }

    private static Uri BaseOf(JObject schema)
    {
        var address = NoBase;
        foreach (var id in schema.AncestorsAndSelf().OfType<JObject>().Select(Id).OfType<string>().Reverse())
            address = Uri.TryCreate(address, id.TrimEnd('#'), out var next) ? next : address;
        return address;
    }

    private static string? Id(JObject schema) => schema["$id"] is JValue { Value: string id } && id.TrimEnd('#').Length > 0 ? id : null;

    private Dictionary<string, JToken> Anchors()
    {
        if (_anchors != null)
            return _anchors;
        _anchors = new Dictionary<string, JToken>(StringComparer.Ordinal);
        foreach (var schema in (root as JContainer)?.DescendantsAndSelf().OfType<JObject>() ?? [])
        {
            foreach (var keyword in new[] { "$anchor", "$dynamicAnchor" })
            {
                if (schema[keyword] is JValue { Value: string name })
                    _anchors.TryAdd(name, schema);
            }
        }

        return _anchors;
    }
}
