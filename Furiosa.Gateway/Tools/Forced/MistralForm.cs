using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>
/// <c>[TOOL_CALLS]</c> and a list of <c>{"name": "f", "arguments": {...}}</c>, or, as newer models have it, <c>[TOOL_CALLS]f{...}</c> for
/// each call with <c>[CALL_ID]</c> and <c>[ARGS]</c> where the model wants them.
/// </summary>
internal sealed class MistralForm : CallForm
{
    private const string Opening = "[TOOL_CALLS]";

    public override string Parser => "mistral";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) => GrammarExpression.Choice([
        Sequence(Mark(Opening), List(functions, many)),
        Several(Sequence(Mark(Opening), Named(functions)), GrammarExpression.Empty, many),
    ]);

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([new FreeTrigger(Opening, GrammarExpression.Choice([List(functions, many), Named(functions)]))], many);

    private static GrammarExpression List(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var id = new ExpressionRepeat(RegexParser.Parse(", \"id\": \"[a-zA-Z0-9]{9}\""), 0, 1);
        var call = AnyOf(functions, function => Sequence(Text($"{{\"name\": \"{function.Name}\", \"arguments\": "), function.Arguments, id, Text("}")));
        return Sequence(RegexParser.Parse(" ?\\["), Several(call, Text(", "), many), Text("]"));
    }

    private static GrammarExpression Named(IReadOnlyList<CallableFunction> functions)
    {
        var id = Sequence(Mark("[CALL_ID]"), RegexParser.Parse("[a-zA-Z0-9]{9}"));
        return AnyOf(functions, function => Sequence(
            Text(function.Name), new ExpressionRepeat(id, 0, 1), new ExpressionRepeat(Mark("[ARGS]"), 0, 1), function.Arguments));
    }
}
