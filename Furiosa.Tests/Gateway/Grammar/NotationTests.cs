using Furiosa.Gateway.Grammar;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Regular expressions, choices, EBNF and Lark by examples.</summary>
[TestFixture]
public sealed class NotationTests
{
    private const string Calculator = """
        // a Lark grammar with direct left recursion
        ?start: expr
        ?expr: expr "+" term -> add
             | expr "-" term | term
        term: term "*" atom | atom
        atom: NUMBER | "(" expr ")"
        %import common.NUMBER
        %import common.WS_INLINE
        %ignore WS_INLINE
        """;

    private readonly GrammarCompiler _compiler = new();

    [TestCase(@"\d{3}-\d{2}", "123-45", "12-345|123-456")]
    [TestCase("^(yes|no)$", "yes|no", "yesno|y")]
    [TestCase("a*?b+?", "b|aab|abb", "a|ba")]
    [TestCase("[^a-z]é?", "Aé|0|ß", "a|aé")]
    [TestCase(@"\p{Lu}\p{Nd}", "Ä1|B٣", "ä1|BB")]
    [TestCase(@"[\w.-]{2,3}", "a.|_-9", "a|a!")]
    [TestCase("(?:x{2}){2}y?", "xxxx|xxxxy", "xxx|xxxxyy")]
    [TestCase(@"\u{1F600}|\x41", "😀|A", "B")]
    [TestCase("a{,3}", "a{,3}", "aa")]
    public void FromRegex_Expression_TakesWholeMatchesOnly(string pattern, string taken, string refused)
    {
        Check(_compiler.FromRegex(pattern), taken, refused);
    }

    [TestCase(@"(a)\1", "back references")]
    [TestCase("^(?!x)y", "lookahead")]
    [TestCase("(?<=x)", "lookbehind")]
    [TestCase(@"\bx", "word borders")]
    [TestCase("a^b", "anchors")]
    [TestCase("a++", "possessive")]
    [TestCase("*a", "nothing to repeat")]
    [TestCase("a{3,2}", "not in order")]
    [TestCase("[z-a]", "not in order")]
    [TestCase("(a", "expected")]
    [TestCase("a)", "closes nothing")]
    [TestCase("[]", "No text")]
    public void FromRegex_WhatIsNotRegular_IsRefusedByName(string pattern, string named)
    {
        Assert.That(() => _compiler.FromRegex(pattern), Throws.TypeOf<GrammarException>().With.Message.Contains(named));
    }

    [Test]
    public void FromChoice_Texts_AreTakenWhole()
    {
        Check(_compiler.FromChoice(["positive", "pos", "neg ä"]), "positive|pos|neg ä", "po|posi|neg|");
    }

    [Test]
    public void FromChoice_NoneOrEmpty_AreRefused()
    {
        Assert.That(() => _compiler.FromChoice([]), Throws.TypeOf<GrammarException>());
        Assert.That(() => _compiler.FromChoice(["a", ""]), Throws.TypeOf<GrammarException>());
    }

    [TestCase("root ::= \"yes \" num | \"no\"\nnum ::= [0-9]+ # digits", "yes 12|no", "yes|yes no|no1")]
    [TestCase("root ::= item (\", \" item){0,2}\nitem ::=\n  \"a\"\n  | \"b\\n\"", "a|a, b\n|a, a, a", "a,a|a, a, a, a")]
    [TestCase("root ::= \"a\" root \"b\" | \"\"", "ab|aabb|", "aab|ba")]
    [TestCase("root ::= root \"+\" n | n\nn ::= [1-9]", "1|1+2+3", "+1|1+")]
    [TestCase("root ::= [^\"\\]]{2} .", "abc|ab😀", "ab|a]c")]
    [TestCase("root ::= s s\ns ::= \"a\"?", "|a|aa", "aaa")]
    public void FromGrammar_Ebnf_TakesItsTexts(string grammar, string taken, string refused)
    {
        Check(_compiler.FromGrammar(grammar), taken, refused);
    }

    [TestCase(Calculator, "1|1+2*(3-4)|1 + 2", "1+|(1|1++2")]
    [TestCase("start: \"select\"i _WS NAME [\";\"]\n_WS: / +/\nNAME: /[a-z]+/i", "SELECT x|select  ab;", "select|selectx")]
    [TestCase("start: (\"a\"..\"c\")~2 D~1..2\nD.2: \"0\"..\"9\"", "ab1|cc12", "a1|ab|ab123")]
    public void FromGrammar_Lark_TakesItsTexts(string grammar, string taken, string refused)
    {
        Check(_compiler.FromGrammar(grammar), taken, refused);
    }

    [TestCase("", "empty")]
    [TestCase("root ::= missing", "missing")]
    [TestCase("other ::= \"a\"", "root")]
    [TestCase("root ::= \"a", "too early")]
    [TestCase("root ::= a\na ::= b \"x\"\nb ::= a | \"y\"", "begins with itself")]
    [TestCase("root ::= o root \"x\" | \"y\"\no ::= \"z\"?", "begins with itself")]
    [TestCase("root ::= root", "begins with itself")]
    [TestCase("root ::= \"a\" root", "No text")]
    [TestCase("root ::= \"a\"\nroot ::= \"b\"", "twice")]
    [TestCase("start: \"a\"\n%declare X", "declare")]
    [TestCase("start: x{y}", "templates")]
    public void FromGrammar_WhatCannotBeFollowed_IsRefused(string grammar, string named)
    {
        Assert.That(() => _compiler.FromGrammar(grammar), Throws.TypeOf<GrammarException>().With.Message.Contains(named));
    }

    private static void Check(Furiosa.Actors.Protocol.GenerationGrammar grammar, string taken, string refused)
    {
        Assert.Multiple(() =>
        {
            foreach (var text in taken.Split('|'))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.True, text);
            foreach (var text in refused.Split('|').Where(text => text.Length > 0))
                Assert.That(GrammarProbe.Accepts(grammar, text), Is.False, text);
        });
    }
}
