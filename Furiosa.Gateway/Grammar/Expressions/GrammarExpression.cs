using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>What regular expressions and grammars are parsed into.</summary>
internal abstract record GrammarExpression
{
    public static GrammarExpression Empty { get; } = new ExpressionSequence([]);

    public static GrammarExpression Characters(CodePointSet set) => new ExpressionCharacters(set);

    public static GrammarExpression Text(string text, bool ignoreCase = false) =>
        Sequence([.. text.EnumerateRunes().Select(rune => CodePointSet.Of(rune.Value)).Select(set => Characters(ignoreCase ? set.IgnoringCase() : set))]);

    public static GrammarExpression Sequence(IReadOnlyList<GrammarExpression> parts) => parts.Count == 1 ? parts[0] : new ExpressionSequence(parts);

    public static GrammarExpression Choice(IReadOnlyList<GrammarExpression> options) => options.Count == 1 ? options[0] : new ExpressionChoice(options);
}

/// <summary>One character of a set.</summary>
internal sealed record ExpressionCharacters(CodePointSet Set) : GrammarExpression;

/// <summary>One after another.</summary>
internal sealed record ExpressionSequence(IReadOnlyList<GrammarExpression> Parts) : GrammarExpression;

/// <summary>One of several.</summary>
internal sealed record ExpressionChoice(IReadOnlyList<GrammarExpression> Options) : GrammarExpression;

/// <summary>Again and again; without an upper bound where <paramref name="Max"/> is null.</summary>
internal sealed record ExpressionRepeat(GrammarExpression Part, int Min, int? Max) : GrammarExpression;

/// <summary>What a named rule reads.</summary>
internal sealed record ExpressionReference(string Rule) : GrammarExpression;

/// <summary>What a compiled grammar reads.</summary>
internal sealed record ExpressionGrammar(GenerationGrammar Grammar) : GrammarExpression;

/// <summary>What an automaton over bytes reads.</summary>
internal sealed record ExpressionDfa(Dfa Language) : GrammarExpression;

/// <summary>One special token, which no text can spell: <see cref="TokenVocabulary.SpecialMark"/> and its text.</summary>
internal sealed record ExpressionToken(string Token) : GrammarExpression;

/// <summary>Text that is free until a trigger has been read; then what follows the trigger, and free text again.</summary>
/// <param name="Triggers">The triggers, none a part of another.</param>
/// <param name="MayEnd">Whether it may end in free text.</param>
/// <param name="Once">Whether it ends after the first trigger and what follows it.</param>
internal sealed record ExpressionFree(IReadOnlyList<FreeTrigger> Triggers, bool MayEnd = true, bool Once = false) : GrammarExpression;

/// <summary>A text, or a special token, that ends free text.</summary>
/// <param name="Text">The text.</param>
/// <param name="After">What follows it.</param>
internal sealed record FreeTrigger(string Text, GrammarExpression After);

/// <summary>What must, or must not, follow at the beginning of a regular expression (a lookahead).</summary>
internal sealed record ExpressionLookahead(GrammarExpression Part, bool IsNegative) : GrammarExpression;

/// <summary>An anchor of a regular expression: begin (^) or end ($) of the text.</summary>
internal sealed record ExpressionAnchor(bool IsBegin) : GrammarExpression;
