using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>A schema with its references: finds what <c>$ref</c> names, and gives every part a number.</summary>
internal sealed class SchemaDocument(JToken root)
{
    private readonly Dictionary<JToken, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, JToken> _made = new(StringComparer.Ordinal);
    private Dictionary<string, JToken>? _anchors;

    public JToken Root => root;

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
        return _made.TryGetValue(text, out var known) ? known : _made[text] = schema;
    }

    /// <exception cref="GrammarException">The reference leads nowhere or out of the document.</exception>
    public JToken Resolve(string reference)
    {
        if (reference == "#" || (root is JObject { } whole && (string?)whole["$id"] == reference))
            return root;
        var found = reference.StartsWith("#/", StringComparison.Ordinal) ? Follow(reference[2..])
            : reference.StartsWith('#') ? Anchors().GetValueOrDefault(reference[1..])
            : throw new GrammarException($"The $ref '{reference}' leads out of the JSON schema: put what it names under '$defs' and refer to it by '#/$defs/…'.");
        return found ?? throw new GrammarException($"The $ref '{reference}' of the JSON schema leads nowhere.");
    }

    private JToken? Follow(string pointer)
    {
        var at = root;
        foreach (var part in pointer.Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                JObject item => item[name],
                JArray list when int.TryParse(name, out var index) && index >= 0 && index < list.Count => list[index],
                _ => null,
            };
            if (at == null)
                return null;
        }

        return at;
    }

    private Dictionary<string, JToken> Anchors()
    {
        if (_anchors != null)
            return _anchors;
        _anchors = new Dictionary<string, JToken>(StringComparer.Ordinal);
        foreach (var schema in (root as JContainer)?.DescendantsAndSelf().OfType<JObject>() ?? [])
        {
            if (schema["$anchor"] is JValue { Value: string name })
                _anchors.TryAdd(name, schema);
        }

        return _anchors;
    }
}
