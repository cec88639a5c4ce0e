using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>
/// Calls between <c>&lt;｜tool▁calls▁begin｜&gt;</c> and its end, with bare arguments (V3.1) or with the type before the name and the
/// arguments in a fenced block (V3, R1).
/// </summary>
internal sealed class DeepSeekForm : CallForm
{
    private const string Opening = "<｜tool▁calls▁begin｜>";

    public override string Parser => "deepseek_v3";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) => Sequence(Mark(Opening), Rest(functions, many));

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([new FreeTrigger(Opening, Rest(functions, many))], many);

    private static GrammarExpression Rest(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var bare = AnyOf(functions, function => Sequence(Text(function.Name), Mark("<｜tool▁sep｜>"), function.Arguments));
        var fenced = AnyOf(functions, function => Sequence(Text(function.Name + "\n```json\n"), function.Arguments));
        var call = Sequence(
            Mark("<｜tool▁call▁begin｜>"),
            GrammarExpression.Choice([bare, Sequence(Text("function"), Mark("<｜tool▁sep｜>"), fenced, Text("\n```"))]),
            Mark("<｜tool▁call▁end｜>"));
        return Sequence(Several(call, Line, many), Mark("<｜tool▁calls▁end｜>"));
    }
}
