using Furiosa.Gateway.Grammar;

namespace Furiosa.Tests.Gateway.Grammar;

/// <summary>Expressions that nest, or that make wide sets again and again, end no process and are refused after counted work.</summary>
[TestFixture]
public sealed class HostileRepetitionTests
{
    private readonly GrammarCompiler _compiler = new();

    [TestCase("*")]
    [TestCase("+")]
    [TestCase("?")]
    [TestCase("{1,2}")]
    public void FromGrammar_RepetitionsOfRepetitions_AreRefused(string repetition)
    {
        var grammar = "root ::= \"a\"" + string.Concat(Enumerable.Repeat(repetition, 10_000));

        Assert.That(() => _compiler.FromGrammar(grammar), Throws.TypeOf<GrammarException>().With.Message.Contains("repetitions").And.Message.Contains("At character"));
    }

    [TestCase("*")]
    [TestCase("?")]
    [TestCase("{1,2}")]
    public void FromRegex_RepetitionsOfRepetitions_AreRefused(string repetition)
    {
        var pattern = "a" + string.Concat(Enumerable.Repeat(repetition, 16_000 / repetition.Length));

        Assert.That(() => _compiler.FromRegex(pattern), Throws.TypeOf<GrammarException>().With.Message.Contains("repetitions").And.Message.Contains("At character"));
    }

    [Test]
    public void FromRegex_FewRepetitionsOfOnePart_AreTaken()
    {
        Assert.That(GrammarProbe.Accepts(_compiler.FromRegex("a{2}{3}?*"), new string('a', 12)));
    }

    [TestCase("root ::= ", "\"a\" | ", "\"b\"")]
    [TestCase("root ::= ", "\"a\" ", "")]
    [TestCase("root ::= ", "\"a\"* \"b\" ", "")]
    [TestCase("root ::= root \"b\" | ", "\"a\" | root \"c\" | ", "\"b\"")]
    [TestCase("start: ", "\"a\"* | ", "\"b\"")]
    public void FromGrammar_ManyPartsSideBySide_DoNotNest(string before, string part, string after)
    {
        Assert.That(() => _compiler.FromGrammar(before + string.Concat(Enumerable.Repeat(part, 10_000)) + after), Throws.Nothing);
    }

    [Test]
    public void FromGrammar_WideSetsOfBothCasesAgainAndAgain_AreRefused()
    {
        var grammar = "start: " + string.Concat(Enumerable.Range(0, 60).Select(_ => $"/{string.Concat(Enumerable.Repeat(@"\W", 4_000))}/i "));

        Assert.That(() => _compiler.FromGrammar(grammar), Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }

    [Test]
    public void FromGrammar_WideSetsAgainAndAgain_AreRefused()
    {
        var grammar = "root ::= " + string.Concat(Enumerable.Repeat(@"[\p{L}] ", 50_000));

        Assert.That(() => _compiler.FromGrammar(grammar), Throws.TypeOf<GrammarException>().With.Message.Contains("too large"));
    }

    [TestCase("/[\\W]x/i", "-x|éX", "\nq")]
    [TestCase("/[à-ö]x/i", "àx|ÀX|öx|ÖX", "ax|÷x")]
    public void FromGrammar_SetOfBothCases_TakesBoth(string pattern, string taken, string refused)
    {
        var grammar = _compiler.FromGrammar("start: " + pattern);

        Assert.That(taken.Split('|').All(text => GrammarProbe.Accepts(grammar, text)));
        Assert.That(refused.Split('|').Any(text => GrammarProbe.Accepts(grammar, text)), Is.False);
    }
}
