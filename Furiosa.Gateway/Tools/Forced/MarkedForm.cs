using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Tools.Syntaxes;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary><see cref="MarkedCalls"/> as a grammar, with ends of lines where one template or another has them. Objects and lists are JSON, which each of those parsers reads.</summary>
internal sealed class MarkedForm(MarkedCalls marks) : CallForm
{
    public override string Parser => marks.Parser;

    public override GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        var call = Sequence(Spelled(marks.Call), Rest(functions));
        // Qwen's models close the section after each call.
        var manyInside = many && !marks.MayLackSection;
        var section = marks.Section.Length == 0 ? call
            : Sequence(Spelled(marks.Section), Line, Several(call, Maybe(marks.Lines.Call), manyInside), Line, Spelled(marks.SectionEnd));
        return marks.Section.Length > 0 && manyInside ? section : Several(section, Maybe(marks.Lines.Call), many);
    }

    public override GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many)
    {
        if (marks.Section.Length == 0)
            return Triggered([Trigger(marks.Call, Rest(functions))], many);
        var call = Sequence(Spelled(marks.Call), Rest(functions));
        var section = Trigger(marks.Section, Sequence(Line, Several(call, Maybe(marks.Lines.Call), many && !marks.MayLackSection), Line, Spelled(marks.SectionEnd)));
        return Triggered(marks.MayLackSection ? [section, Trigger(marks.Call, Rest(functions))] : [section], many);
    }

    private GrammarExpression Rest(IReadOnlyList<CallableFunction> functions) =>
        Sequence(AnyOf(functions, function => Sequence(Text(function.Name), Spelled(marks.HeadEnd), RegexParser.Parse(marks.HeadPattern), Spelled(marks.TagEnd == marks.HeadEnd ? "" : marks.TagEnd), Maybe(marks.Lines.Head), Arguments(function.Named.Value))), Spelled(marks.CallEnd));

    private GrammarExpression Arguments(NamedArguments arguments)
    {
        var line = Maybe(marks.Lines.Argument);
        var lead = marks.TrimsLines ? "\n" : "";
        if (arguments.Any != null)
        {
            // A name that comes again at the end of its value is out of a grammar's reach.
            if (marks.ValueEnd.Contains("{key}", StringComparison.Ordinal))
                return new ExpressionFree([new FreeTrigger(marks.NestedTag, GrammarExpression.Empty)]);
            var end = Trigger(lead + marks.ValueEnd, line);
            return new ExpressionRepeat(Sequence(Spelled(marks.Argument), NamedArguments.AnyName, Value(isText: true), Text(lead), new ExpressionFree([end], MayEnd: false, Once: true)), 0, null);
        }

        return GrammarExpression.Sequence([.. arguments.All.Select(argument => new ExpressionRepeat(
            Sequence(Spelled(marks.Argument), Text(argument.Name), Value(argument.IsText), Text(lead), argument.AsText, Text(lead), Spelled(marks.ValueEnd.Replace("{key}", argument.Name, StringComparison.Ordinal)), line),
            argument.IsRequired ? 1 : 0, 1))]);
    }

    private GrammarExpression Value(bool isText) => marks.StringAttribute.Length == 0 ? Tag(marks.KeyEnd)
        : Sequence(Text(marks.KeyEnd), isText ? Text(marks.StringAttribute) : RegexParser.Parse(marks.JsonAttribute), Spelled(marks.TagEnd));

    private GrammarExpression Tag(string end) => Sequence(Spelled(end), Spelled(marks.TagEnd == end ? "" : marks.TagEnd));

    private FreeTrigger Trigger(string text, GrammarExpression after) => Trigger(text, marks.SpecialMarks, after);

    private GrammarExpression Spelled(string text) => Spelled(text, marks.SpecialMarks);

    private static GrammarExpression Maybe(string line) => line.Length == 0 ? GrammarExpression.Empty : new ExpressionRepeat(Text(line), 0, 1);
}
