using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><c>&lt;tool_call&gt;{"name": "f", "arguments": {...}}&lt;/tool_call&gt;</c>, with or without ends of lines inside the tags.</summary>
internal sealed class HermesForm : CallForm
{
    private const string Opening = "<tool_call>";

    public override string Parser => "hermes";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Several(Sequence(Mark(Opening), Rest(functions)), Line, many);

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([new FreeTrigger(Opening, Rest(functions))], many);

    private static GrammarExpression Rest(IReadOnlyList<CallableFunction> functions) => Sequence(
        Line,
        AnyOf(functions, function => Sequence(Text($"{{\"name\": \"{function.Name}\", \"arguments\": "), function.Arguments)),
        Text("}"),
        Line,
        Mark("</tool_call>"));
}
