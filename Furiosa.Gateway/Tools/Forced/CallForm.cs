using Furiosa.Gateway.Grammar.Automata;
using Furiosa.Gateway.Grammar.Expressions;
using Furiosa.Gateway.Tools.Reasoning;
using Furiosa.Gateway.Tools.Syntaxes;

namespace Furiosa.Gateway.Tools.Forced;

/// <summary>How one family of models writes calls, as a grammar: the mirror of its <see cref="ToolCallSyntax"/>.</summary>
internal abstract class CallForm
{
    /// <summary>The parser that reads what is written.</summary>
    public abstract string Parser { get; }

    /// <summary>
    /// The form nearest to what the model knows. Where nothing is known of it, calls are written as Hermes does: a grammar leads any
    /// model through that.
    /// </summary>
    /// <param name="parser">The server's tool-call parser, or null.</param>
    /// <param name="isPrimed">Whether the prompt ends with what begins a call.</param>
    public static CallForm For(string? parser, bool isPrimed = false) => parser switch
    {
        "llama3_json" or "llama4_json" => new LlamaForm(),
        "mistral" => new MistralForm(),
        "deepseek_v3" or "deepseek_v31" => new DeepSeekForm(),
        "pythonic" => new PythonicForm(),
        Harmony.HarmonyParser.Name => new HarmonyForm(),
        null => new HermesForm(),
        _ when Families.Marked.GetValueOrDefault(parser) is { } marks => new MarkedForm(marks),
        _ when Families.NamedJson.GetValueOrDefault(parser) is { } marks => new NamedJsonForm(marks, isPrimed),
        _ when Families.Json.GetValueOrDefault(parser) is { } calls => new JsonCallsForm(calls),
        _ => new HermesForm(),
    };

    /// <summary>Whether text stands in marks of its own.</summary>
    public virtual bool WrapsText => false;

    /// <summary>Tells one of the forms of a parser from the others.</summary>
    public virtual string Key => Parser;

    /// <summary>An answer in text, in whatever marks it stands.</summary>
    public virtual GrammarExpression Content(GrammarExpression text) => text;

    /// <summary>An answer after its reasoning.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="marks">What its reasoning stands between; null where the model does not reason.</param>
    /// <param name="start">Where it begins.</param>
    public virtual GrammarExpression Reasoned(GrammarExpression answer, ReasoningMarks? marks, ReasoningStart start) => marks == null ? answer : ReasonedGrammar.Before(answer, marks, start);

    /// <summary>An answer that is calls and nothing else.</summary>
    /// <param name="functions">What may be called.</param>
    /// <param name="many">Whether there may be more than one call.</param>
    public abstract GrammarExpression Calls(IReadOnlyList<CallableFunction> functions, bool many);

    /// <summary>An answer of any text, in which whatever the parser would read as a call is one.</summary>
    public abstract GrammarExpression TextAndCalls(IReadOnlyList<CallableFunction> functions, bool many);

    /// <summary>Free text with calls in it, each after one of the triggers; after the last one allowed only white space.</summary>
    protected static GrammarExpression Triggered(IReadOnlyList<FreeTrigger> triggers, bool many)
    {
        if (many)
            return new ExpressionFree(triggers);
        var nothing = GrammarExpression.Characters(CodePointSet.Of());
        return GrammarExpression.Choice([
            new ExpressionFree([.. triggers.Select(trigger => trigger with { After = nothing })]),
            new ExpressionSequence([new ExpressionFree(triggers, MayEnd: false, Once: true), Space]),
        ]);
    }

    protected static GrammarExpression Space { get; } = RegexParser.Parse("[ \\n]{0,4}");

    protected static GrammarExpression Line { get; } = RegexParser.Parse("\\n?");

    protected static GrammarExpression Text(string text) => GrammarExpression.Text(text);

    /// <summary>A mark that is one token in some vocabularies and plain text in others.</summary>
    protected static GrammarExpression Mark(string text) => GrammarExpression.Choice([GrammarExpression.Text(text), new ExpressionToken(text)]);

    /// <summary>A text that has special tokens in it in some vocabularies and is plain text in others; an end of line in it may be left out.</summary>
    protected static GrammarExpression Spelled(string text, IReadOnlyList<string> marks)
    {
        var parts = new List<GrammarExpression>();
        for (var at = 0; at < text.Length;)
        {
            var mark = marks.Where(mark => mark.Length > 0 && string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0).MaxBy(mark => mark.Length);
            parts.Add(mark != null ? Mark(mark) : text[at] == '\n' ? Line : Text(text[at].ToString()));
            at += mark?.Length ?? 1;
        }

        return GrammarExpression.Sequence(parts);
    }

    /// <summary>What ends free text: a text, or the longest special token in it and then the rest.</summary>
    protected static FreeTrigger Trigger(string text, IReadOnlyList<string> marks, GrammarExpression after)
    {
        var mark = marks.Where(mark => mark.Length > 0 && mark.Length < text.Length && text.Contains(mark, StringComparison.Ordinal)).MaxBy(mark => mark.Length);
        return mark == null ? new FreeTrigger(text, after) : new FreeTrigger(mark, Sequence(Spelled(text[(text.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..], marks), after));
    }

    protected static GrammarExpression Sequence(params GrammarExpression[] parts) => new ExpressionSequence(parts);

    protected static GrammarExpression AnyOf(IEnumerable<CallableFunction> functions, Func<CallableFunction, GrammarExpression> call) =>
        GrammarExpression.Choice([.. functions.Select(call)]);

    /// <summary>One, or where there may be many, several with a text between them.</summary>
    protected static GrammarExpression Several(GrammarExpression one, GrammarExpression between, bool many) =>
        many ? Sequence(one, new ExpressionRepeat(Sequence(between, one), 0, null)) : one;
}
