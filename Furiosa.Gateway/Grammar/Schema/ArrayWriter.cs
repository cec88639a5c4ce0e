using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>Writes arrays: items with schemas of their own first, then the rest, within the bounds of their number.</summary>
internal static class ArrayWriter
{
    public static void Write(SchemaCompiler compiler, SchemaFacts facts, int from, int to)
    {
        var graph = compiler.Graph;
        var (opened, closing) = (graph.NewState(), graph.NewState());
        graph.AddBytes(from, (byte)'[', (byte)'[', opened);
        if (facts.MinItems == 0)
            graph.AddBytes(opened, (byte)']', (byte)']', to);
        graph.AddBytes(closing, (byte)']', (byte)']', to);

        var prefix = facts.Schemas.Select(schema => Prefix(schema)?.Count ?? 0).DefaultIfEmpty(0).Max();
        if (facts.MaxItems < Math.Max(facts.MinItems, 1))
            return;
        var state = graph.NewState();
        graph.AddCall(opened, compiler.Json.Space, state);
        for (var count = 0; ; count++)
        {
            if (count > 0 && count >= facts.MinItems)
                graph.AddCall(state, compiler.Json.Space, closing);
            if (count == facts.MaxItems)
                return;
            var item = compiler.RuleOf(Item(facts, count));
            if (count > 0)
                state = AfterComma(state);
            var next = graph.NewState();
            graph.AddCall(state, item, next);
            state = next;

            // All further ones are alike: go around.
            if (count >= prefix && count + 1 >= facts.MinItems && facts.MaxItems == null)
            {
                graph.AddCall(state, compiler.Json.Space, closing);
                graph.AddCall(AfterComma(state), compiler.RuleOf(Item(facts, count + 1)), state);
                return;
            }
        }

        int AfterComma(int before)
        {
            var (comma, spaced) = (graph.NewState(), graph.NewState());
            graph.AddBytes(before, (byte)',', (byte)',', comma);
            graph.AddCall(comma, compiler.Json.Space, spaced);
            return spaced;
        }
    }

    /// <summary>The schemas of the item at an index.</summary>
    public static List<JToken> Item(SchemaFacts facts, int index)
    {
        var schemas = new List<JToken>();
        foreach (var schema in facts.Schemas)
        {
            if (Prefix(schema) is { } prefix && index < prefix.Count)
                schemas.Add(prefix[index]);
            else if ((schema["items"] is JArray ? schema["additionalItems"] : schema["items"]) is { } rest)
                schemas.Add(rest);
        }

        return schemas;
    }

    // Before 2020 a list under "items" meant what "prefixItems" means now.
    private static JArray? Prefix(JObject schema) => schema["items"] as JArray ?? SchemaValues.List(schema, "prefixItems");
}
