using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><c>[f(k=value, ...), ...]</c> as the whole answer, with the marks that some models put around it. Values are JSON, which the parser reads as Python.</summary>
internal sealed class PythonicForm : CallForm
{
    private static readonly (string Begin, string End)[] Marks = [("<|tool_call_start|>", "<|tool_call_end|>"), ("<|python_start|>", "<|python_end|>")];

    public override string Parser => "pythonic";

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var list = Sequence(Text("["), List(functions, many));
        return GrammarExpression.Choice([list, .. Marks.Select(marks => Sequence(Mark(marks.Begin), list, Mark(marks.End)))]);
    }

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var list = Sequence(Text("["), List(functions, many));
        // Text with marks in it may begin with anything but what might be a bare list, or with a mark.
        var free = Triggered([.. Marks.Select(marks => new FreeTrigger(marks.Begin, Sequence(list, Mark(marks.End))))], many);
        return GrammarExpression.Choice([
            Calls(functions, many),
            new ExpressionDfa(NotBeginningAsList(functions)),
            Sequence(RegexParser.Parse("\\s*[^\\[\\s<]"), free),
        ]);
    }

    private static GrammarExpression List(IReadOnlyList<CallableFunction> functions, bool many) =>
        Sequence(Several(AnyOf(functions, function => Sequence(Text(function.Name + "("), Arguments(function.Named.Value), Text(")"))), Text(", "), many), Text("]"));

    // Required ones first, so that the commas are in order: Python does not mind.
    private static GrammarExpression Arguments(NamedArguments arguments)
    {
        if (arguments.Any is { } any)
            return new ExpressionRepeat(Several(Sequence(NamedArguments.AnyName, Text("="), any), Text(", "), many: true), 0, 1);
        var all = arguments.All;
        var required = all.Where(argument => argument.IsRequired).ToList();
        var optional = all.Where(argument => !argument.IsRequired).ToList();
        if (required.Count > 0)
            return GrammarExpression.Sequence([.. required.Select((argument, i) => Pair(argument, comma: i > 0)), .. optional.Select(Optional)]);
        return GrammarExpression.Choice([
            GrammarExpression.Empty,
            .. optional.Select((argument, i) => GrammarExpression.Sequence([Pair(argument, comma: false), .. optional.Skip(i + 1).Select(Optional)])),
        ]);
    }

    private static ExpressionRepeat Optional(NamedArgument argument) => new(Pair(argument, comma: true), 0, 1);

    private static GrammarExpression Pair(NamedArgument argument, bool comma) => Sequence(Text($"{(comma ? ", " : "")}{argument.Name}="), argument.AsJson);

    private static Dfa NotBeginningAsList(IReadOnlyList<CallableFunction> functions)
    {
        var budget = new GrammarBudget();
        var names = string.Join('|', functions.Select(function => function.Name.Replace(".", "\\.", StringComparison.Ordinal)));
        return ExpressionLanguage.Matching(".*", budget)
            .Except(ExpressionLanguage.Matching($"\\s*\\[\\s*(?:{names})\\s*\\(.*|.*<\\|(?:tool_call_start|python_start)\\|>.*", budget));
    }
}
