using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>
/// Calls as one JSON list: <c>&lt;|START_ACTION|&gt;[{"tool_call_id": "0", "tool_name": "f", "parameters": {...}}]&lt;|END_ACTION|&gt;</c> as Command R7B
/// writes them, or <c>&lt;|tool_call|&gt;[{"name": "f", "arguments": {...}}]</c> as Granite does.
/// </summary>
internal sealed class JsonListForm : CallForm
{
    private readonly IReadOnlyList<string> _openings;
    private readonly GrammarExpression _end;
    private readonly Func<CallableFunction, GrammarExpression> _call;

    private JsonListForm(string parser, IReadOnlyList<string> openings, GrammarExpression end, Func<CallableFunction, GrammarExpression> call) =>
        (Parser, _openings, _end, _call) = (parser, openings, end, call);

    public override string Parser { get; }

    public static JsonListForm Cohere() => new("cohere", ["<|START_ACTION|>"], Mark("<|END_ACTION|>"), function => Sequence(
        Text("{\"tool_call_id\": \""), RegexParser.Parse("[0-9]{1,3}"), Text($"\", \"tool_name\": \"{function.Name}\", \"parameters\": "), function.Arguments, Text("}")));

    public static JsonListForm Granite() => new("granite", ["<|tool_call|>", "<tool_call>"], GrammarExpression.Empty, function => Sequence(
        Text($"{{\"name\": \"{function.Name}\", \"arguments\": "), function.Arguments, Text("}")));

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Sequence(GrammarExpression.Choice([.. _openings.Select(Mark)]), Rest(functions, many));

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([.. _openings.Select(opening => new FreeTrigger(opening, Rest(functions, many)))], many);

    private GrammarExpression Rest(IReadOnlyList<CallableFunction> functions, bool many) =>
        Sequence(RegexParser.Parse(" ?\\["), Indent, Several(AnyOf(functions, _call), Sequence(Text(","), Indent), many), Line, Text("]"), _end);

    private static GrammarExpression Indent { get; } = RegexParser.Parse("( |\\n    )?");
}
