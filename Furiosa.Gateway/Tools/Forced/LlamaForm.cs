using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><c>{"name": "f", "parameters": {...}}</c> as the whole answer, several put apart by <c>; </c>.</summary>
internal sealed class LlamaForm : CallForm
{
    private const string PythonTag = "<|python_tag|>";

    public override string Parser => "llama3_json";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var call = AnyOf(functions, function => Sequence(Text($"{{\"name\": \"{function.Name}\", \"parameters\": "), function.Arguments, Text("}")));
        return Sequence(GrammarExpression.Choice([GrammarExpression.Empty, Mark(PythonTag)]), Several(call, Text("; "), many));
    }

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) =>
        GrammarExpression.Choice([Calls(functions, many), new ExpressionDfa(PlainText())]);

    // What begins like a call is one; an object that begins otherwise is text.
    private static Dfa PlainText()
    {
        var budget = new GrammarBudget();
        return ExpressionLanguage.Matching(".*", budget)
            .Except(ExpressionLanguage.Matching("\\s*\\{\\s*\"(?:name|parameters|arguments|type|id)\".*|.*<\\|python_tag\\|>.*", budget));
    }
}
