using System.Numerics;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Lists the values that schemas allow together, where they are few and known.</summary>
internal static class SchemaEnumeration
{
    /// <summary>Most values listed.</summary>
    public const int Most = 64;

    private const int MaxDepth = 8;

    /// <summary>The values, each once; null where there are more than <see cref="Most"/> or they cannot be listed.</summary>
    public static List<JToken>? Of(SchemaCompiler compiler, Conjunction conjunction) => Of(compiler, conjunction, 0);

    private static List<JToken>? Of(SchemaCompiler compiler, Conjunction conjunction, int depth)
    {
        compiler.Document.Budget.Descend();
        if (conjunction.IsImpossible)
            return [];
        if (depth > MaxDepth)
            return null;
        if (conjunction.NextChoice() is { } choice)
        {
            var known = new List<JToken>();
            foreach (var branch in SchemaBranches.Of(compiler, conjunction, choice))
            {
                if (Of(compiler, branch, depth + 1) is not { } values)
                    return null;
                known.AddRange(values);
            }

            return Distinct(compiler, known);
        }

        var facts = conjunction.Facts;
        var all = facts.Values ?? OfTypes(facts);
        return all == null ? null : Distinct(compiler, all.Where(value => SchemaInstances.Accepts(compiler, facts, value)));
    }

    private static List<JToken>? OfTypes(SchemaFacts facts)
    {
        var values = new List<JToken>();
        if ((facts.Types & (JsonTypes.Fraction | JsonTypes.String | JsonTypes.Object | JsonTypes.Array)) != 0)
            return null;
        if (facts.Types.HasFlag(JsonTypes.Null))
            values.Add(JValue.CreateNull());
        if (facts.Types.HasFlag(JsonTypes.Boolean))
            values.AddRange([true, false]);
        if (!facts.Types.HasFlag(JsonTypes.Integer))
            return values;
        if (facts.Minimum is not { } minimum || facts.Maximum is not { } maximum)
            return null;
        var (low, high) = (Whole(minimum.Value) - 1, Whole(maximum.Value) + 1);
        if (high - low > 4 * Most || BigInteger.Abs(low) > long.MaxValue / 2)
            return null;
        for (var value = (long)low; value <= (long)high; value++)
            values.Add(value);
        return values;
    }

    private static BigInteger Whole(DecimalNumber number) => number.Unscaled / BigInteger.Pow(10, number.Scale);

    private static List<JToken>? Distinct(SchemaCompiler compiler, IEnumerable<JToken> values)
    {
        var distinct = new List<JToken>();
        var seen = new HashSet<JToken>(compiler.Document.Equality);
        foreach (var value in values)
        {
            compiler.Document.Budget.Spend(1);
            if (!seen.Add(value))
                continue;
            distinct.Add(value);
            if (distinct.Count > Most)
                return null;
        }

        return distinct;
    }
}
