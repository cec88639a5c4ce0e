using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Tells whether two conjunctions surely have no value in common. What it cannot tell in a few steps counts as common.</summary>
internal sealed class SchemaDisjointness(SchemaCompiler compiler)
{
    private const int MaxDepth = 6;

    private int _stepsLeft = 20_000;

    public bool AreDisjoint(Conjunction one, Conjunction other) => AreDisjoint(one, other, 0);

    /// <summary>A member that the other requires and this may be without: leaving it out tells them apart. Null where there is none.</summary>
    public string? FindTellingMember(Conjunction one, Conjunction other)
    {
        if (one.NextChoice() != null || other.NextChoice() != null)
            return null;
        var (facts, otherFacts) = (one.Facts, other.Facts);
        if ((facts.Types & otherFacts.Types) != JsonTypes.Object || facts.Values != null)
            return null;
        var (shape, otherShape) = (facts.Shape(compiler), otherFacts.Shape(compiler));
        compiler.Document.Budget.Spend(otherShape.Names.Count);
        return otherShape.Names.FirstOrDefault(name => otherShape.IsRequired(name) && !shape.IsRequired(name));
    }

    private bool AreDisjoint(Conjunction one, Conjunction other, int depth)
    {
        if (one.IsImpossible || other.IsImpossible)
            return true;
        compiler.Document.Budget.Descend();
        if (depth > MaxDepth || --_stepsLeft < 0)
            return false;
        if (one.NextChoice() is { } choice)
            return Branches(one, choice).All(branch => AreDisjoint(branch, other, depth + 1));
        if (other.NextChoice() != null)
            return AreDisjoint(other, one, depth + 1);
        var (facts, otherFacts) = (one.Facts, other.Facts);
        if (facts.Values is { } values)
            return values.TrueForAll(value => IsRefused(value, facts, otherFacts));
        if (otherFacts.Values is { } otherValues)
            return otherValues.TrueForAll(value => IsRefused(value, otherFacts, facts));
        var types = facts.Types & otherFacts.Types;
        return (types & (JsonTypes.Null | JsonTypes.Boolean)) == 0
            && ((types & JsonTypes.Number) == 0 || AreNumbersDisjoint(facts, otherFacts))
            && (!types.HasFlag(JsonTypes.String) || AreStringsDisjoint(facts, otherFacts))
            && (!types.HasFlag(JsonTypes.Array) || AreArraysDisjoint(facts, otherFacts, depth))
            && (!types.HasFlag(JsonTypes.Object) || AreObjectsDisjoint(facts, otherFacts, depth));
    }

    private static IEnumerable<Conjunction> Branches(Conjunction conjunction, (JObject Schema, bool IsOneOf) choice) =>
        SchemaValues.List(choice.Schema, choice.IsOneOf ? "oneOf" : "anyOf")!.Select(branch => conjunction.Choose(choice, [branch]));

    private bool IsRefused(JToken value, SchemaFacts own, SchemaFacts other)
    {
        if (!SchemaInstances.Accepts(compiler, own, value))
            return true;
        if (other.Values != null)
            return !other.Lists(value);
        return (other.Types & JsonTypeNames.Of(value)) == 0 || (value is JValue && !SchemaInstances.Accepts(compiler, other, value));
    }

    private static bool AreNumbersDisjoint(SchemaFacts one, SchemaFacts other) => IsBelow(one, other) || IsBelow(other, one);

    private static bool IsBelow(SchemaFacts one, SchemaFacts other) =>
        one.Maximum is { } max && other.Minimum is { } min && max.Value.CompareTo(min.Value) is var order && (order < 0 || (order == 0 && (max.Exclusive || min.Exclusive)));

    private bool AreStringsDisjoint(SchemaFacts one, SchemaFacts other)
    {
        if (one.MaxLength < other.MinLength || other.MaxLength < one.MinLength)
            return true;
        return compiler.Strings.Compile(one) is { } mine && compiler.Strings.Compile(other) is { } theirs && mine.And(theirs).IsEmpty;
    }

    private bool AreArraysDisjoint(SchemaFacts one, SchemaFacts other, int depth)
    {
        if (one.MaxItems < other.MinItems || other.MaxItems < one.MinItems)
            return true;
        var sure = Math.Min(Math.Max(one.MinItems, other.MinItems), 16);
        return Enumerable.Range(0, sure).Any(index => AreDisjoint(Of(ArrayWriter.Item(one, index)), Of(ArrayWriter.Item(other, index)), depth + 1));
    }

    private bool AreObjectsDisjoint(SchemaFacts one, SchemaFacts other, int depth)
    {
        var (mine, theirs) = (one.Shape(compiler), other.Shape(compiler));
        compiler.Document.Budget.Spend(mine.Names.Count + theirs.Names.Count);
        foreach (var name in mine.Names.Union(theirs.Names, StringComparer.Ordinal))
        {
            if (!mine.IsRequired(name) && !theirs.IsRequired(name))
                continue;
            var (member, otherMember) = (mine.Member(name), theirs.Member(name));
            if (member == null || otherMember == null || AreDisjoint(Of(member), Of(otherMember), depth + 1))
                return true;
        }

        return false;
    }

    private Conjunction Of(List<JToken> schemas) => Conjunction.Of(compiler.Document, schemas);
}
