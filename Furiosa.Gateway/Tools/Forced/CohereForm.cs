using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><c>&lt;|START_ACTION|&gt;</c> and a list of <c>{"tool_call_id": "0", "tool_name": "f", "parameters": {...}}</c>.</summary>
internal sealed class CohereForm : CallForm
{
    private const string Opening = "<|START_ACTION|>";

    public override string Parser => "cohere";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) => Sequence(Mark(Opening), Rest(functions, many));

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([new FreeTrigger(Opening, Rest(functions, many))], many);

    private static GrammarExpression Rest(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var call = AnyOf(functions, function => Sequence(
            Text("{\"tool_call_id\": \""), RegexParser.Parse("[0-9]{1,3}"), Text($"\", \"tool_name\": \"{function.Name}\", \"parameters\": "), function.Arguments, Text("}")));
        return Sequence(Text("["), Indent, Several(call, Sequence(Text(","), Indent), many), Line, Text("]"), Mark("<|END_ACTION|>"));
    }

    private static GrammarExpression Indent { get; } = RegexParser.Parse("(\\n    )?");
}
