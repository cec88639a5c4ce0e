using System.Text;
using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Writes expressions into a graph.</summary>
/// <param name="graph">The graph.</param>
/// <param name="encoding">How characters become bytes.</param>
/// <param name="rules">Finds the rules that are referred to; null where none may be, and where nothing may be made a rule (automata to be made deterministic).</param>
internal sealed class ExpressionWriter(GrammarGraph graph, CharacterEncoding encoding, Func<string, GraphRule>? rules = null)
{
    private readonly Dictionary<CodePointSet, GraphRule> _characters = [];
    private GraphImport? _import;

    public void Write(GrammarExpression expression, int from, int to)
    {
        graph.Budget.Descend();
        switch (expression)
        {
            case ExpressionCharacters characters:
                WriteCharacters(characters.Set, from, to);
                break;
            case ExpressionSequence sequence:
                WriteSequence(sequence.Parts, from, to);
                break;
            case ExpressionChoice choice:
                foreach (var option in choice.Options)
                    Write(option, from, to);
                break;
            case ExpressionRepeat repeat:
                WriteRepeat(repeat, from, to);
                break;
            case ExpressionReference reference when rules != null:
                graph.AddCall(from, rules(reference.Rule), to);
                break;
            case ExpressionDfa language:
                language.Language.AddTo(graph, from, to);
                break;
            case ExpressionGrammar grammar when rules != null:
                graph.AddCall(from, (_import ??= new GraphImport(graph)).Add(grammar.Grammar), to);
                break;
            case ExpressionToken token:
                graph.AddLiterals(from, [[TokenVocabulary.SpecialMark, .. Encoding.UTF8.GetBytes(token.Token)]], to);
                break;
            case ExpressionFree free:
                FreeTextWriter.Write(graph, free, Write, from, to);
                break;
            case ExpressionLookahead:
                throw new GrammarException("The regular expression has a lookahead, which is supported right after a ^ at the beginning of a schema's 'pattern' only.");
            case ExpressionAnchor anchor:
                throw new GrammarException($"The regular expression has {(anchor.IsBegin ? "^" : "$")} in the middle: anchors are taken at its beginning and end only.");
            default:
                throw new GrammarException($"A {expression.GetType().Name} cannot stand here.");
        }
    }

    // A set that takes many byte ranges becomes a rule of its own where it can, for it is often repeated.
    private void WriteCharacters(CodePointSet set, int from, int to)
    {
        if (rules == null || set.Ranges.Count == 0 || set.Ranges[^1].High < 0x80)
        {
            encoding.Add(graph, set, from, to);
            return;
        }

        if (!_characters.TryGetValue(set, out var rule))
        {
            _characters[set] = rule = graph.NewRule("character");
            encoding.Add(graph, set, rule.Start, rule.End);
        }

        graph.AddCall(from, rule, to);
    }

    private void WriteSequence(IReadOnlyList<GrammarExpression> parts, int from, int to)
    {
        if (parts.Count == 0)
            graph.AddEmpty(from, to);
        for (var i = 0; i < parts.Count; i++)
        {
            var next = i == parts.Count - 1 ? to : graph.NewState();
            Write(parts[i], from, next);
            from = next;
        }
    }

    private void WriteRepeat(ExpressionRepeat repeat, int from, int to)
    {
        var part = repeat.Part;
        if (rules != null && part is not (ExpressionCharacters or ExpressionReference) && Math.Max(repeat.Min, repeat.Max ?? 0) > 4)
            part = MakeRule(part);
        for (var i = 0; i < repeat.Min; i++)
        {
            var next = graph.NewState();
            WritePart(part, from, next);
            from = next;
        }

        if (repeat.Max == null)
        {
            var loop = graph.NewState();
            graph.AddEmpty(from, loop);
            WritePart(part, loop, loop);
            graph.AddEmpty(loop, to);
            return;
        }

        for (var i = repeat.Min; i < repeat.Max; i++)
        {
            graph.AddEmpty(from, to);
            var next = graph.NewState();
            WritePart(part, from, next);
            from = next;
        }

        graph.AddEmpty(from, to);
    }

    private GrammarExpression MakeRule(GrammarExpression part)
    {
        var rule = graph.NewRule("repetition");
        Write(part, rule.Start, rule.End);
        return new WrittenRule(rule);
    }

    private void WritePart(GrammarExpression part, int from, int to)
    {
        if (part is WrittenRule written)
            graph.AddCall(from, written.Rule, to);
        else
            Write(part, from, to);
    }

    private sealed record WrittenRule(GraphRule Rule) : GrammarExpression;
}
