using System.Text.RegularExpressions;
using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>What stands between the marks of reasoning, and before an answer, as a grammar.</summary>
internal static class ReasonedGrammar
{
    /// <summary>An answer that follows a grammar, after reasoning that is free until its closing mark.</summary>
    public static GrammarExpression Before(GrammarExpression answer, ReasoningMarks marks, ReasoningStart start)
    {
        var space = RegexParser.Parse("\\s{0,4}");
        var framed = marks.Frames == null ? answer : new ExpressionSequence([new ExpressionRepeat(AnyFrame(marks), 0, 3), answer, new ExpressionRepeat(AnyFrame(marks), 0, 1)]);
        if (start == ReasoningStart.None)
            return framed;
        // A mark that begins with text, as " to=self", is opened by its special token.
        var reasoning = new ExpressionSequence([new ExpressionFree([new FreeTrigger(First(marks.Closing), new ExpressionSequence([Spelled(marks.Closing[First(marks.Closing).Length..]), space]))], MayEnd: false, Once: true), framed]);
        return start == ReasoningStart.Inside ? reasoning
            : GrammarExpression.Choice([framed, new ExpressionSequence([space, Spelled(marks.Opening), reasoning])]);
    }

    private static GrammarExpression AnyFrame(ReasoningMarks marks) => GrammarExpression.Choice([.. marks.Frames!.Where(frame => !frame.IsReasoning && !frame.IsKept).Select(frame =>
        frame.Fixed.Length > 0 ? Spelled(frame.Fixed) : new ExpressionSequence([Spelled(frame.Before), Names(frame, marks), Spelled(frame.After)]))]);

    // Not those that make a mark of reasoning of it.
    private static ExpressionDfa Names(FrameMark frame, ReasoningMarks marks)
    {
        var budget = new GrammarBudget();
        var names = ExpressionLanguage.Matching("[a-zA-Z0-9_.:-]{1,64}", budget);
        foreach (var text in marks.Frames!.Where(other => other.IsReasoning).Select(other => other.Fixed))
        {
            if (text.StartsWith(frame.Before, StringComparison.Ordinal) && text.EndsWith(frame.After, StringComparison.Ordinal))
                names = names.Except(ExpressionLanguage.Matching(Regex.Escape(text[frame.Before.Length..^frame.After.Length]), budget));
        }

        return new ExpressionDfa(names);
    }

    private static string First(string mark)
    {
        var end = mark.StartsWith("<|", StringComparison.Ordinal) ? mark.IndexOf("|>", StringComparison.Ordinal) + 2 : mark.Length;
        return mark[..end];
    }

    // Marks are special tokens in some vocabularies and plain text in others.
    private static GrammarExpression Spelled(string text)
    {
        var parts = new List<GrammarExpression>();
        while (text.Length > 0)
        {
            var at = text.IndexOf("<|", StringComparison.Ordinal);
            var mark = at < 0 ? text : at > 0 ? text[..at] : First(text);
            parts.Add(at > 0 ? GrammarExpression.Text(mark) : GrammarExpression.Choice([GrammarExpression.Text(mark), new ExpressionToken(mark)]));
            text = text[mark.Length..];
        }

        return GrammarExpression.Sequence(parts);
    }
}
