using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Tells which values schemas accept: those of <c>enum</c> and <c>const</c> are known before any text is made.</summary>
internal static class SchemaInstances
{
    /// <summary>Whether all the schemas hold for a value.</summary>
    public static bool Accepts(SchemaCompiler compiler, IEnumerable<JToken> schemas, JToken value) =>
        Accepts(compiler, Conjunction.Of(compiler.Document, schemas), value);

    /// <summary>Whether all that the facts say holds for a value, but for <see cref="SchemaFacts.Values"/>.</summary>
    public static bool Accepts(SchemaCompiler compiler, SchemaFacts facts, JToken value)
    {
        compiler.Document.Budget.Descend();
        var type = JsonTypeNames.Of(value);
        if ((facts.Types & type) == 0 || facts.LeavesOut(value))
            return false;
        return type switch
        {
            JsonTypes.Integer or JsonTypes.Fraction => DecimalNumber.TryRead(value) is { } number && NumberLanguage.Accepts(facts, number),
            JsonTypes.String => compiler.Strings.Accepts(facts, (string)value!),
            JsonTypes.Array => AcceptsArray(compiler, facts, (JArray)value),
            JsonTypes.Object => AcceptsObject(compiler, facts, (JObject)value),
            _ => true,
        };
    }

    private static bool Accepts(SchemaCompiler compiler, Conjunction conjunction, JToken value)
    {
        compiler.Document.Budget.Descend();
        if (conjunction.IsImpossible)
            return false;
        if (conjunction.NextChoice() is { } choice)
            return SchemaBranches.Of(compiler, conjunction, choice).Any(branch => Accepts(compiler, branch, value));
        return conjunction.Facts.Lists(value) && Accepts(compiler, conjunction.Facts, value);
    }

    private static bool AcceptsArray(SchemaCompiler compiler, SchemaFacts facts, JArray list) =>
        list.Count >= facts.MinItems && list.Count <= (facts.MaxItems ?? int.MaxValue)
        && !(facts.UniqueItems && !AreUnique(compiler, list))
        && list.Index().All(entry => Accepts(compiler, ArrayWriter.Item(facts, entry.Index), entry.Item))
        && new ArrayContains(facts).IsMetBy(schema => list.Count(item => Accepts(compiler, [schema], item)));

    private static bool AreUnique(SchemaCompiler compiler, JArray list)
    {
        compiler.Document.Budget.Spend(list.Count);
        return new HashSet<JToken>(list, compiler.Document.Equality).Count == list.Count;
    }

    private static bool AcceptsObject(SchemaCompiler compiler, SchemaFacts facts, JObject map)
    {
        var shape = facts.Shape(compiler);
        return map.Count >= facts.MinProperties && map.Count <= (facts.MaxProperties ?? int.MaxValue)
            && shape.Names.All(name => !shape.IsRequired(name) || map.ContainsKey(name))
            && map.Properties().All(property => shape.Member(property.Name) is { } schemas && Accepts(compiler, schemas, property.Value));
    }
}
