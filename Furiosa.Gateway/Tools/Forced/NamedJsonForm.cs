using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Syntaxes;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><see cref="NamedJsonCalls"/> as a grammar.</summary>
/// <param name="marks">The marks.</param>
/// <param name="isPrimed">Whether the prompt ends with the first call's mark, after which the model names a function or, for text, everybody.</param>
internal sealed class NamedJsonForm(NamedJsonCalls marks, bool isPrimed) : CallForm
{
    public override string Parser => marks.Parser;

    public override string Key => isPrimed ? marks.Parser + " primed" : marks.Parser;

    public override GrammarExpression Content(GrammarExpression text) => isPrimed ? Sequence(Text(marks.ToAll), text) : text;

    // The first frame is the prompt's.
    public override GrammarExpression Reasoned(GrammarExpression answer, ReasoningMarks? marks, ReasoningStart start) => isPrimed ? answer : base.Reasoned(answer, marks, start);

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var call = Sequence(Marked(marks.Call), Rest(functions));
        var calls = isPrimed ? Sequence(Rest(functions), new ExpressionRepeat(call, 0, many ? null : 0)) : Several(call, GrammarExpression.Empty, many);
        return marks.Section.Length == 0 ? calls : Sequence(Marked(marks.Section), calls, Marked(marks.SectionEnd));
    }

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var text = Content(Triggered(
            marks.Section.Length == 0 ? [new FreeTrigger(marks.Call, Rest(functions))]
                : [new FreeTrigger(marks.Section, Sequence(Several(Sequence(Marked(marks.Call), Rest(functions)), GrammarExpression.Empty, many), Marked(marks.SectionEnd))),
                    new FreeTrigger(marks.Call, Rest(functions))],
            many));
        return isPrimed ? GrammarExpression.Choice([Calls(functions, many), text]) : text;
    }

    private GrammarExpression Rest(IReadOnlyList<CallableFunction> functions)
    {
        var id = marks.NameMark.Length == 0 ? GrammarExpression.Empty : Sequence(RegexParser.Parse(marks.IdPattern), Marked(marks.NameMark));
        var number = marks.NumberMark is { } mark ? Sequence(Text(mark.ToString()), RegexParser.Parse("[0-9]{1,3}")) : GrammarExpression.Empty;
        return Sequence(AnyOf(functions, function => Sequence(id, Text(marks.NamePrefix + function.Name), number, Marked(marks.ArgumentsBegin), function.Arguments)), marks.CallEnd.Length > 0 ? Marked(marks.CallEnd) : GrammarExpression.Empty);
    }

    private GrammarExpression Marked(string mark) => marks.SpecialMarks.Contains(mark) ? Mark(mark) : Text(mark);
}
