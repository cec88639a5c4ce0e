using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>
/// gpt-oss's calls: a message to <c>functions.f</c> in the commentary channel, to whom stands before the channel's name or after it; text is a
/// message in the final one.
/// </summary>
internal sealed class HarmonyForm : CallForm
{
    public override string Parser => Harmony.HarmonyParser.Name;

    public override bool WrapsText => true;

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) => AnyOf(functions, function => Sequence(
        GrammarExpression.Choice([
            Sequence(Mark("<|channel|>"), Text($"commentary to=functions.{function.Name} ")),
            Sequence(Text($" to=functions.{function.Name}"), Mark("<|channel|>"), Text("commentary ")),
        ]),
        new ExpressionRepeat(Mark("<|constrain|>"), 0, 1), Text("json"), Mark("<|message|>"), function.Arguments));

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        GrammarExpression.Choice([Calls(functions, many), Content(new ExpressionFree([]))]);

    public override GrammarExpression Content(GrammarExpression text) => Sequence(Mark("<|channel|>"), Text("final"), Mark("<|message|>"), text);

    public override GrammarExpression Reasoned(GrammarExpression answer, ReasoningMarks? marks, ReasoningStart start)
    {
        var end = new FreeTrigger("<|end|>", Sequence(Mark("<|start|>"), Text("assistant")));
        var analysis = Sequence(Mark("<|channel|>"), Text("analysis"), Mark("<|message|>"), new ExpressionFree([end], MayEnd: false, Once: true));
        return Sequence(new ExpressionRepeat(analysis, 0, 1), answer);
    }
}
