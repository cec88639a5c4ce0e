using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>What the schemas of a conjunction say together, choices apart.</summary>
internal sealed class SchemaFacts
{
    private readonly SchemaDocument _document;
    private HashSet<JToken>? _listed;
    private HashSet<JToken>? _left;
    private ObjectShape? _shape;

    public SchemaFacts(Conjunction conjunction, SchemaDocument document)
    {
        _document = document;
        Schemas = [.. conjunction.Schemas];
        Types = conjunction.IsImpossible ? JsonTypes.None : JsonTypes.All;
        var spoken = JsonTypes.None;
        var typed = false;
        foreach (var schema in Schemas)
        {
            document.Budget.Spend(4 + schema.Count);
            var types = ReadTypes(schema);
            typed |= types != null || schema["enum"] != null || schema["const"] != null;
            Types &= types ?? JsonTypes.All;
            spoken |= SchemaKeywords.SpokenOf(schema);
            ReadValues(schema);
            ReadCounts(schema);
            ReadNumbers(schema);
            ReadStrings(schema);
        }

        LeftOverProperties = [.. conjunction.LeftOvers(LeftOver.Properties)];
        LeftOverItems = [.. conjunction.LeftOvers(LeftOver.Items)];
        if (LeftOverItems.Any(left => left.Within.Any(schema => schema["contains"] != null)))
            throw new GrammarException($"The keyword '{LeftOver.Items}' of the JSON schema is not supported beside 'contains'.");

        // A schema that says "minLength" and no type means strings.
        if (!typed && spoken != JsonTypes.None)
            Types &= spoken;
    }

    public IReadOnlyList<JObject> Schemas { get; }

    public JsonTypes Types { get; }

    /// <summary>What holds for members that nothing speaks of.</summary>
    public IReadOnlyList<LeftOver> LeftOverProperties { get; }

    /// <summary>What holds for items that nothing speaks of.</summary>
    public IReadOnlyList<LeftOver> LeftOverItems { get; }

    /// <summary>From <c>enum</c> and <c>const</c>: what is allowed by all of them; null without any.</summary>
    public List<JToken>? Values { get; private set; }

    /// <summary>Values that are not allowed.</summary>
    public List<JToken> Excluded { get; } = [];

    public (DecimalNumber Value, bool Exclusive)? Minimum { get; private set; }

    public (DecimalNumber Value, bool Exclusive)? Maximum { get; private set; }

    public List<DecimalNumber> MultipleOf { get; } = [];

    public List<DecimalNumber> NotMultipleOf { get; } = [];

    public int MinLength { get; private set; }

    public int? MaxLength { get; private set; }

    public List<string> Patterns { get; } = [];

    public List<string> NotPatterns { get; } = [];

    public List<string> Formats { get; } = [];

    public int MinItems { get; private set; }

    public int? MaxItems { get; private set; }

    public bool UniqueItems { get; private set; }

    public int MinProperties { get; private set; }

    public int? MaxProperties { get; private set; }

    /// <summary>Whether <see cref="Values"/> has a value, or says nothing.</summary>
    public bool Lists(JToken value) => Values == null || (_listed ??= new HashSet<JToken>(Values, _document.Equality)).Contains(value);

    /// <summary>Whether a value is among <see cref="Excluded"/>.</summary>
    public bool LeavesOut(JToken value) => Excluded.Count > 0 && (_left ??= new HashSet<JToken>(Excluded, _document.Equality)).Contains(value);

    /// <summary>What is said of an object's members.</summary>
    public ObjectShape Shape(SchemaCompiler compiler) => _shape ??= new ObjectShape(this, compiler);

    private static JsonTypes? ReadTypes(JObject schema)
    {
        JsonTypes? types = schema["type"] switch
        {
            null => null,
            JValue { Value: string name } => JsonTypeNames.Parse(name),
            JArray { Count: > 0 } names when names.All(name => name.Type == JTokenType.String) =>
                names.Select(name => JsonTypeNames.Parse((string?)name)).Aggregate((JsonTypes?)JsonTypes.None, (all, one) => all | one),
            _ => null,
        };
        if (types == null && schema["type"] != null)
            throw SchemaValues.Bad(schema, "type", "one of null, boolean, integer, number, string, object and array, or a list of them");
        if (schema["nullable"] is JValue { Value: true })
            types |= JsonTypes.Null;
        return types;
    }

    private void ReadValues(JObject schema)
    {
        foreach (var values in new[] { SchemaValues.List(schema, "enum")?.ToList(), schema["const"] is { } value ? [value] : null }.OfType<List<JToken>>())
        {
            _document.Budget.Spend(values.Count);
            Values = Values == null ? values : Values.FindAll(new HashSet<JToken>(values, _document.Equality).Contains);
        }

        Excluded.AddRange(SchemaValues.List(schema, SchemaNegation.NotEnum) ?? []);
        _document.Budget.Spend(Excluded.Count);
    }

    private void ReadCounts(JObject schema)
    {
        UniqueItems |= SchemaValues.Flag(schema, "uniqueItems");
        (MinLength, MaxLength) = Narrow((MinLength, MaxLength), schema, "minLength", "maxLength");
        (MinItems, MaxItems) = Narrow((MinItems, MaxItems), schema, "minItems", "maxItems");
        (MinProperties, MaxProperties) = Narrow((MinProperties, MaxProperties), schema, "minProperties", "maxProperties");
    }

    private static (int Min, int? Max) Narrow((int Min, int? Max) now, JObject schema, string minimum, string maximum)
    {
        var (min, max) = (SchemaValues.Count(schema, minimum) ?? 0, SchemaValues.Count(schema, maximum));
        if (min > GrammarLimits.MaxCount)
            throw SchemaValues.Bad(schema, minimum, $"at most {GrammarLimits.MaxCount} here");
        if (max != null)
            max = Math.Min(Math.Min(max.Value, GrammarLimits.MaxCount), now.Max ?? int.MaxValue);
        return (Math.Max(now.Min, min), max ?? now.Max);
    }

    private void ReadNumbers(JObject schema)
    {
        AddMinimum(SchemaValues.Number(schema, "minimum"), schema["exclusiveMinimum"] is JValue { Value: true });
        AddMaximum(SchemaValues.Number(schema, "maximum"), schema["exclusiveMaximum"] is JValue { Value: true });
        if (schema["exclusiveMinimum"] is not (null or JValue { Value: bool }))
            AddMinimum(SchemaValues.Number(schema, "exclusiveMinimum"), true);
        if (schema["exclusiveMaximum"] is not (null or JValue { Value: bool }))
            AddMaximum(SchemaValues.Number(schema, "exclusiveMaximum"), true);
        foreach (var (keyword, steps) in new[] { ("multipleOf", MultipleOf), (SchemaNegation.NotMultipleOf, NotMultipleOf) })
        {
            if (SchemaValues.Number(schema, keyword) is { } step)
                steps.Add(step.Unscaled.Sign > 0 ? step : throw SchemaValues.Bad(schema, keyword, "above 0"));
        }
    }

    private void AddMinimum(DecimalNumber? value, bool exclusive)
    {
        if (value is { } bound && (Minimum == null || bound.CompareTo(Minimum.Value.Value) is var order && (order > 0 || (order == 0 && exclusive))))
            Minimum = (bound, exclusive);
    }

    private void AddMaximum(DecimalNumber? value, bool exclusive)
    {
        if (value is { } bound && (Maximum == null || bound.CompareTo(Maximum.Value.Value) is var order && (order < 0 || (order == 0 && exclusive))))
            Maximum = (bound, exclusive);
    }

    private void ReadStrings(JObject schema)
    {
        if (SchemaValues.Text(schema, "pattern") is { } pattern)
            Patterns.Add(pattern);
        if (SchemaValues.Text(schema, SchemaNegation.NotPattern) is { } unwanted)
            NotPatterns.Add(unwanted);
        if (SchemaValues.Text(schema, "format") is not { } format)
            return;
        if (!SchemaFormats.IsNumeric(format))
        {
            Formats.Add(format);
        }
        else if (format is "int32" or "int64")
        {
            var half = System.Numerics.BigInteger.Pow(2, format == "int32" ? 31 : 63);
            AddMinimum(new DecimalNumber(-half, 0), false);
            AddMaximum(new DecimalNumber(half - 1, 0), false);
        }
    }
}
