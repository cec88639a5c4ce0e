using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Tools.Syntaxes;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><see cref="JsonCalls"/> as a grammar.</summary>
internal sealed class JsonCallsForm(JsonCalls calls) : CallForm
{
    public override string Parser => calls.Parser;

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Sequence(GrammarExpression.Choice([.. calls.Marks.Select(mark => Spelled(mark, calls.Tokens))]), Rest(functions, many));

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Triggered([.. calls.Marks.Where(mark => !calls.Marks.Any(other => other != mark && mark.Contains(other, StringComparison.Ordinal))).Select(mark => Trigger(mark, calls.Tokens, Rest(functions, many)))], many);

    private GrammarExpression Rest(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var call = AnyOf(functions, function => Sequence(
            Text("{"), RegexParser.Parse(calls.Before), Text($"\"{calls.NameKey}\": \"{function.Name}\", \"{calls.ArgumentsKey}\": "), function.Arguments, Text("}")));
        var end = calls.End.Length > 0 ? Mark(calls.End) : GrammarExpression.Empty;
        return calls.IsList
            ? Sequence(RegexParser.Parse(" ?\\["), Indent, Several(call, Sequence(Text(","), Indent), many), Line, Text("]"), end)
            : Sequence(Line, call, Line, end);
    }

    private static GrammarExpression Indent { get; } = RegexParser.Parse("( |\\n    )?");
}
