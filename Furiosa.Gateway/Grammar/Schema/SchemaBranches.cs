using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// The branches of a choice. Those of <c>oneOf</c> must not overlap, for a value that two of them take is not valid: where they could,
/// a branch is narrowed, by leaving out a member that the other requires or else by the other's negation, and refused where neither will do.
/// </summary>
internal static class SchemaBranches
{
    private const int MaxBranches = 500;

    public static IEnumerable<Conjunction> Of(SchemaCompiler compiler, Conjunction conjunction, (JObject Schema, bool IsOneOf) choice)
    {
        var keyword = choice.IsOneOf ? "oneOf" : "anyOf";
        var branches = SchemaValues.List(choice.Schema, keyword)!;
        if (branches.Count > MaxBranches)
            throw new GrammarException($"The keyword '{keyword}' at {SchemaKeywords.Where(choice.Schema)} of the JSON schema has more than {MaxBranches} branches.");
        if (!choice.IsOneOf)
            return branches.Select(branch => conjunction.Choose(choice, [branch]));

        // What keeps them apart takes a comparison of each with each, and is asked for again for each value that is tried.
        var key = (conjunction.Key, compiler.Document.Number(choice.Schema));
        if (compiler.Narrowed.TryGetValue(key, out var known))
            return known;
        var chosen = branches.Select(branch => conjunction.Choose(choice, [branch])).ToList();
        return compiler.Narrowed[key] = new NarrowedBranches(choice.Schema, Narrow(compiler, conjunction, choice, branches, chosen));
    }

    private static IEnumerable<Conjunction> Narrow(
        SchemaCompiler compiler, Conjunction conjunction, (JObject Schema, bool IsOneOf) choice, JArray branches, List<Conjunction> chosen)
    {
        var disjointness = new SchemaDisjointness(compiler);
        for (var i = 0; i < chosen.Count; i++)
        {
            if (chosen[i].IsImpossible)
                continue;
            var forbidden = new JObject();
            var others = new List<JToken>();
            for (var other = 0; other < chosen.Count; other++)
            {
                compiler.Document.Budget.Spend(1);
                if (other == i || disjointness.AreDisjoint(chosen[i], chosen[other]))
                    continue;
                if (disjointness.FindTellingMember(chosen[i], chosen[other]) is { } name)
                    forbidden[name] = false;
                else
                    others.Add(Negate(compiler, choice.Schema, branches, i, other));
            }

            if (forbidden.Count > 0)
                others.Add(compiler.Document.Make(new JObject { ["properties"] = forbidden }));
            yield return others.Count == 0 ? chosen[i] : conjunction.Choose(choice, [branches[i], .. others]);
        }
    }

    private static JToken Negate(SchemaCompiler compiler, JObject schema, JArray branches, int index, int other)
    {
        try
        {
            return SchemaNegation.Of(compiler.Document, branches[other]);
        }
        catch (GrammarException problem)
        {
            throw new GrammarException(
                $"The branches {Math.Min(index, other)} and {Math.Max(index, other)} of 'oneOf' at {SchemaKeywords.Where(schema)} of the JSON schema may overlap: "
                + $"use 'anyOf', or give them a required member with different 'const' values. ({problem.Message})");
        }
    }
}
