using System.Security.Cryptography;
using System.Text;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Grammar.Schema;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar;

/// <summary>
/// Compiles what a request wants its answer to follow into plain data over bytes. Everything is bounded: what is too large or cannot be
/// followed exactly is a <see cref="GrammarException"/>. The grammars made last are kept. Thread-safe.
/// </summary>
internal sealed class GrammarCompiler
{
    private const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (GenerationGrammar Grammar, int Cost)> _made = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Any JSON object.</summary>
    public GenerationGrammar JsonObject(string? whiteSpace = null) => FromJsonSchema(new JObject { ["type"] = "object" }, whiteSpace);

    /// <summary>JSON values for which a schema holds.</summary>
    /// <param name="schema">An object, true or false. Read without date recognition (<see cref="DateParseHandling.None"/>).</param>
    /// <exception cref="GrammarException">The schema is malformed, too large, contradicts itself, or has a keyword that is not supported.</exception>
    /// <param name="whiteSpace">A regular expression of what may stand between tokens, narrowed to 40 characters; null for the usual.</param>
    /// <param name="budget">What it may cost, where it is a part of something larger; null for one of its own.</param>
    public GenerationGrammar FromJsonSchema(JToken schema, string? whiteSpace = null, GrammarBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var kind = whiteSpace == null ? "json" : $"json {JsonConvert.SerializeObject(whiteSpace)}";
        return Get(kind, schema.ToString(Formatting.None), (_, spent) => SchemaCompiler.Compile(schema.DeepClone(), whiteSpace, spent), budget);
    }

    /// <summary>The same for a schema as text.</summary>
    /// <exception cref="GrammarException">Also when the text is not JSON or nests deeper than 64.</exception>
    public GenerationGrammar FromJsonSchema(string schema, string? whiteSpace = null)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(schema)) { DateParseHandling = DateParseHandling.None, MaxDepth = 64 };
            var value = JToken.ReadFrom(reader);
            // Comments may follow; anything else throws.
            while (reader.Read()) continue;
            return FromJsonSchema(value, whiteSpace);
        }
        catch (JsonException problem)
        {
            throw new GrammarException($"The JSON schema is not JSON: {problem.Message}");
        }
    }

    /// <summary>Texts that match a regular expression as a whole.</summary>
    /// <exception cref="GrammarException">The expression is malformed, too large or not regular.</exception>
    public GenerationGrammar FromRegex(string pattern, GrammarBudget? budget = null) =>
        Get("regex", pattern, (text, spent) => Write(RegexAnchors.Whole(RegexParser.Parse(text, budget: spent)), spent), budget);

    /// <summary>One of some texts.</summary>
    /// <exception cref="GrammarException">There are none, too many, or an empty one.</exception>
    public GenerationGrammar FromChoice(IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        if (choices.Count is 0 or > GrammarLimits.MaxChoices)
            throw new GrammarException($"{choices.Count} choices are given; 1 to {GrammarLimits.MaxChoices} are taken.");
        if (choices.Any(string.IsNullOrEmpty))
            throw new GrammarException("A choice is empty.");
        return Get("choice", JsonConvert.SerializeObject(choices), (_, spent) => Write(choices, spent));
    }

    /// <summary>Texts of a grammar, in EBNF where it has <c>::=</c> and in Lark's notation otherwise.</summary>
    /// <exception cref="GrammarException">The grammar is empty, malformed, too large, or left-recursive by way of several rules.</exception>
    public GenerationGrammar FromGrammar(string grammar, GrammarBudget? budget = null)
    {
        if (string.IsNullOrWhiteSpace(grammar))
            throw new GrammarException("The grammar is empty.");
        return Get("grammar", grammar, WriteGrammar, budget);
    }

    /// <summary>What an expression over compiled grammars reads.</summary>
    /// <param name="key">Names the expression: two with one key are the same.</param>
    /// <param name="make">Makes it.</param>
    /// <exception cref="GrammarException">It is too large, or nothing can follow it.</exception>
    public GenerationGrammar FromExpression(string key, Func<GrammarExpression> make)
    {
        // The text behind the key, of which only a hash is kept.
        if (key.Length > GrammarLimits.MaxTextLength)
            throw new GrammarException($"It has {key.Length} characters; at most {GrammarLimits.MaxTextLength} are taken: leave some of it out.");
        return Get("composition", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), (_, spent) => Write(make(), spent));
    }

    /// <summary>The strings that a schema allows, as UTF-8 without quotation marks.</summary>
    /// <exception cref="GrammarException">The schema cannot be followed.</exception>
    public static Dfa StringsOf(JToken schema, GrammarBudget budget) => SchemaCompiler.StringsOf(schema, budget);

    private static GenerationGrammar WriteGrammar(string grammar, GrammarBudget budget)
    {
        var graph = new GrammarGraph(budget);
        try
        {
            var rules = grammar.Contains("::=", StringComparison.Ordinal) ? EbnfParser.Parse(grammar, budget) : LarkParser.Parse(grammar, budget);
            return GraphFinisher.Finish(graph, rules.Write(graph));
        }
        catch (GrammarException problem)
        {
            throw new GrammarException($"The grammar cannot be used. {problem.Message}");
        }
    }

    private static GenerationGrammar Write(GrammarExpression expression, GrammarBudget budget)
    {
        var graph = new GrammarGraph(budget);
        var root = graph.NewRule("root");
        new ExpressionWriter(graph, CharacterEncoding.Raw, name => throw new GrammarException($"There is no rule '{name}'.")).Write(expression, root.Start, root.End);
        return GraphFinisher.Finish(graph, root);
    }

    private static GenerationGrammar Write(IReadOnlyList<string> choices, GrammarBudget budget)
    {
        var graph = new GrammarGraph(budget);
        var root = graph.NewRule("root");
        graph.AddLiterals(root.Start, choices.Select(Encoding.UTF8.GetBytes), root.End);
        return GraphFinisher.Finish(graph, root);
    }

    // Of a budget that grammars share, one that is found ready takes what it cost to make: else it would depend on the requests before
    // whether this one is too large.
    private GenerationGrammar Get(string kind, string text, Func<string, GrammarBudget, GenerationGrammar> compile, GrammarBudget? shared = null)
    {
        if (text.Length > GrammarLimits.MaxTextLength)
            throw new GrammarException($"The {kind.Split(' ')[0]} has {text.Length} characters; at most {GrammarLimits.MaxTextLength} are taken.");
        var key = $"{kind}:{text}";
        if (shared?.Paid.TryGetValue(key, out var paid) == true)
            return paid;
        var budget = shared?.Part() ?? new GrammarBudget();
        if (Find(key) is { Grammar: not null } known)
            budget.Spend(known.Cost);
        else
            known = Make(key, text, compile, budget);
        shared?.Paid.Add(key, known.Grammar);
        return known.Grammar;
    }

    private (GenerationGrammar Grammar, int Cost) Find(string key)
    {
        lock (_gate)
            return _made.GetValueOrDefault(key);
    }

    private (GenerationGrammar Grammar, int Cost) Make(string key, string text, Func<string, GrammarBudget, GenerationGrammar> compile, GrammarBudget budget)
    {
        var made = (compile(text, budget), budget.Spent);
        lock (_gate)
        {
            if (_made.TryAdd(key, made))
                _order.Enqueue(key);
            if (_order.Count > Capacity)
                _made.Remove(_order.Dequeue());
        }

        return made;
    }
}
