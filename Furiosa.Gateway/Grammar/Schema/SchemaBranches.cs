using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// The branches of a choice. Those of <c>oneOf</c> must not overlap, for a value that two of them take is not valid: where they could,
/// a branch is narrowed by leaving out a member that the other requires, and refused where that will not do.
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
        var chosen = branches.Select(branch => conjunction.Choose(choice, [branch])).ToList();
        return choice.IsOneOf ? Narrow(compiler, conjunction, choice, branches, chosen) : chosen;
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
            for (var other = 0; other < chosen.Count; other++)
            {
                if (other == i || disjointness.AreDisjoint(chosen[i], chosen[other]))
                    continue;
                var name = disjointness.FindTellingMember(chosen[i], chosen[other])
                    ?? throw new GrammarException($"The branches {Math.Min(i, other)} and {Math.Max(i, other)} of 'oneOf' at {SchemaKeywords.Where(choice.Schema)} of the JSON schema may overlap: use 'anyOf', or give them a required member with different 'const' values.");
                forbidden[name] = false;
            }

            yield return forbidden.Count == 0 ? chosen[i]
                : conjunction.Choose(choice, [branches[i], compiler.Document.Make(new JObject { ["properties"] = forbidden })]);
        }
    }
}
