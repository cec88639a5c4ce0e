using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><c>&lt;tool_call&gt;&lt;function=f&gt;&lt;parameter=k&gt;value&lt;/parameter&gt;…&lt;/function&gt;&lt;/tool_call&gt;</c> with the template's ends of lines.</summary>
internal sealed class Qwen3XmlForm : CallForm
{
    private const string Opening = "<tool_call>";
    private const string Bare = "<function=";

    public override string Parser => "qwen3_xml";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many) =>
        Several(Sequence(Mark(Opening), Line, Text(Bare), Function(functions), Line, Mark("</tool_call>")), Text("\n"), many);

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many) => Triggered(
        [new FreeTrigger(Opening, Sequence(Line, Text(Bare), Function(functions), Line, Mark("</tool_call>"))), new FreeTrigger(Bare, Function(functions))], many);

    private static GrammarExpression Function(IReadOnlyList<CallableFunction> functions) =>
        Sequence(AnyOf(functions, function => Sequence(Text(function.Name + ">\n"), Parameters(function.Named.Value))), Text("</function>"));

    private static GrammarExpression Parameters(NamedArguments arguments)
    {
        if (arguments.Any != null)
            return new ExpressionRepeat(Sequence(Text("<parameter="), NamedArguments.AnyName, Text(">\n"), new ExpressionFree([new FreeTrigger("\n</parameter>\n", GrammarExpression.Empty)], MayEnd: false, Once: true)), 0, null);
        return GrammarExpression.Sequence([.. arguments.All.Select(argument => new ExpressionRepeat(
            Sequence(Text($"<parameter={argument.Name}>\n"), argument.AsText, Text("\n</parameter>\n")), argument.IsRequired ? 1 : 0, 1))]);
    }
}
