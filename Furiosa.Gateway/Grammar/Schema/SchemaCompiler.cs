using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar.Automata;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Grammar.Schema;

/// <summary>
/// Compiles a JSON schema: each set of schemas that hold together becomes a rule, made once, so recursion costs nothing. What is made
/// is always valid; what is valid is not always made (members in the schema's order, bounded white space and numbers).
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxRules = 4_000;

    private readonly Dictionary<string, GraphRule> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(GraphRule Rule, Conjunction Conjunction)> _open = new();

    private SchemaCompiler(JToken schema, string? whiteSpace, CharacterEncoding encoding, GrammarBudget budget)
    {
        Document = new SchemaDocument(schema, budget);
        Graph = new GrammarGraph(budget);
        Strings = new StringLanguage(budget, encoding);
        Json = new JsonRules(Graph, whiteSpace);
    }

    public SchemaDocument Document { get; }

    public GrammarGraph Graph { get; }

    public JsonRules Json { get; }

    public StringLanguage Strings { get; }

    /// <summary>The narrowed branches of choices met before, by the conjunction's key and the choice's number.</summary>
    public Dictionary<(string Conjunction, int Choice), NarrowedBranches> Narrowed { get; } = [];

    /// <exception cref="GrammarException">The schema is malformed, too large, contradicts itself, or uses what is not supported.</exception>
    /// <param name="schema">The schema.</param>
    /// <param name="whiteSpace">A regular expression of what may stand between tokens; null for the usual.</param>
    /// <param name="budget">What it may cost.</param>
    public static GenerationGrammar Compile(JToken schema, string? whiteSpace, GrammarBudget budget)
    {
        var compiler = new SchemaCompiler(schema, whiteSpace, CharacterEncoding.Json, budget);
        var root = compiler.RuleOf([schema]);
        while (compiler._open.TryDequeue(out var next))
            compiler.Write(next.Conjunction, next.Rule);
        return GraphFinisher.Finish(compiler.Graph, root);
    }

    /// <summary>The strings for which a schema holds, as they are and not as JSON writes them.</summary>
    /// <exception cref="GrammarException">As for <see cref="Compile"/>.</exception>
    public static Dfa StringsOf(JToken schema, GrammarBudget budget)
    {
        var compiler = new SchemaCompiler(schema, null, CharacterEncoding.Raw, budget);
        return compiler.Strings.Of(compiler, Conjunction.Of(compiler.Document, [schema]));
    }

    /// <summary>The rule of values for which all the schemas hold; it is written later.</summary>
    public GraphRule RuleOf(IEnumerable<JToken> schemas) => RuleOf(Conjunction.Of(Document, schemas));

    private GraphRule RuleOf(Conjunction conjunction)
    {
        var key = conjunction.Key;
        if (_rules.TryGetValue(key, out var known))
            return known;
        if (_rules.Count >= MaxRules)
            throw GrammarBudget.TooLarge();
        var rule = _rules[key] = Graph.NewRule("value");
        _open.Enqueue((rule, conjunction));
        return rule;
    }

    private void Write(Conjunction conjunction, GraphRule rule)
    {
        if (conjunction.IsImpossible)
            return;
        if (conjunction.NextChoice() is { } choice)
        {
            foreach (var branch in SchemaBranches.Of(this, conjunction, choice))
                Graph.AddCall(rule.Start, RuleOf(branch), rule.End);
            return;
        }

        var facts = conjunction.Facts;
        if (facts.Values is { } values)
            Graph.AddLiterals(rule.Start, values.Where(value => SchemaInstances.Accepts(this, facts, value)).Select(JsonText.Bytes), rule.End);
        else
            WriteTypes(facts, rule);
    }

    private void WriteTypes(SchemaFacts facts, GraphRule rule)
    {
        foreach (var value in new[] { JValue.CreateNull(), new JValue(true), new JValue(false) })
        {
            if (SchemaInstances.Accepts(this, facts, value))
                Graph.AddLiterals(rule.Start, [JsonText.Bytes(value)], rule.End);
        }

        if (facts.Excluded.Exists(value => value is JContainer && facts.Types.HasFlag(JsonTypeNames.Of(value))))
            throw new GrammarException("The keyword 'not' of the JSON schema (or a 'oneOf' that overlaps) leaves out whole objects or arrays by value, which is not supported.");
        if ((facts.Types & JsonTypes.Number) != 0)
            WriteNumber(facts, rule);
        if (facts.Types.HasFlag(JsonTypes.String))
            WriteString(facts, rule);
        if (facts.Types.HasFlag(JsonTypes.Array))
            ArrayWriter.Write(this, facts, rule.Start, rule.End);
        if (facts.Types.HasFlag(JsonTypes.Object))
            ObjectWriter.Write(this, facts, rule.Start, rule.End);
    }

    private void WriteNumber(SchemaFacts facts, GraphRule rule)
    {
        if (NumberLanguage.IsNeeded(facts))
            NumberLanguage.Compile(facts, Graph.Budget).AddTo(Graph, rule.Start, rule.End);
        else
            Graph.AddCall(rule.Start, facts.Types.HasFlag(JsonTypes.Fraction) ? Json.Number : Json.Integer, rule.End);
    }

    private void WriteString(SchemaFacts facts, GraphRule rule)
    {
        if (Strings.Compile(facts) is { } inside)
        {
            var (begin, end) = (Graph.NewState(), Graph.NewState());
            Graph.AddBytes(rule.Start, (byte)'"', (byte)'"', begin);
            inside.AddTo(Graph, begin, end);
            Graph.AddBytes(end, (byte)'"', (byte)'"', rule.End);
        }
        else if (facts.MinLength == 0 && facts.MaxLength == null)
        {
            Graph.AddCall(rule.Start, Json.String, rule.End);
        }
        else
        {
            Json.AddString(rule.Start, facts.MinLength, facts.MaxLength, rule.End);
        }
    }
}
