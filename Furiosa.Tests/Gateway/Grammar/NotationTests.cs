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

    // JSON as users of llama.cpp write it: an empty first choice, escapes in classes, counted repetition.
    private const string Json = """
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws

        object ::=
          "{" ws (
                    string ":" ws value
            ("," ws string ":" ws value)*
          )? "}" ws

        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

        # no more than so much white space
        ws ::= | " " | "\n" [ \t]{0,20}
        """;

    private const string Equations = """
        root  ::= (expr "=" ws term "\n")+
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num   ::= [0-9]+ ws
        ws    ::= [ \t]*
        """;

    private const string Query = """
        start: select_statement
        select_statement: "SELECT " column " from " table
                        | "SELECT " column " from " table " where " condition
        column: "col_1" | "col_2"   // two of them
        table: "table_" DIGIT~1..3
        condition.2: column " = " (SIGNED_INT | ESCAPED_STRING)
        %import common (DIGIT, SIGNED_INT, ESCAPED_STRING)
        """;

    private const string Letters = """
        !start: greeting ["," WORD] "!"~1..2
        greeting: /hel+o/i | "good" _SP ("morning" | "night") -> polite
        _SP: " "+
        WORD: LETTER+
        LETTER: "a".."z" | "A".."Z"
        %ignore /\t/
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
    [TestCase(Json, "{}|{\"a\": [1, -2.5e+1, {\"b\": \"\\u00e9\\n\"}], \"c\": null}|{\n\t\"a\":true}", "[]|{\"a\": 01}|{\"a\": '1'}|{,}|{\"a\":\"\t\"}")]
    [TestCase(Equations, "x=1\n|(a +2)*b_1 = c\ny -1= 2\n", "x=1|=1\n|x==1\n")]
    [TestCase("root ::= my-rule{2,} [\\x41-\\x43\\]] \"\\u00e9\\t\"\nmy-rule ::= (\"a\" | \"b\") # a name with a dash", "abAé\t|aab]é\t", "aAé\t|abDé\t")]
    public void FromGrammar_Ebnf_TakesItsTexts(string grammar, string taken, string refused)
    {
        Check(_compiler.FromGrammar(grammar), taken, refused);
    }

    [TestCase(Calculator, "1|1+2*(3-4)|1 + 2", "1+|(1|1++2")]
    [TestCase("start: \"select\"i _WS NAME [\";\"]\n_WS: / +/\nNAME: /[a-z]+/i", "SELECT x|select  ab;", "select|selectx")]
    [TestCase("start: (\"a\"..\"c\")~2 D~1..2\nD.2: \"0\"..\"9\"", "ab1|cc12", "a1|ab|ab123")]
    [TestCase(Query, "SELECT col_1 from table_12|SELECT col_2 from table_1 where col_1 = -7|SELECT col_2 from table_1 where col_1 = \"a \\\" b\"", "SELECT col_3 from table_1|SELECT col_1 from table_1234|SELECT col_1 from table_1 where col_1 = x")]
    [TestCase(Letters, "heLLLo,Bob!!|good  night!|hello\t!", "helo,!|hello,Bob|hello!!!")]
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
    [TestCase("start: A\n%import common (A, B)", "common.A")]
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
