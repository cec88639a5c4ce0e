using Furiosa.Gateway.Text.Tokenizers.Normalizing;

namespace Furiosa.Tests.Gateway.Text;

public sealed class UnicodeNormalizerTests
{
    [TestCase("plain", "plain", "plain", "plain", "plain")]
    [TestCase("e\u0301", "\u00E9", "e\u0301", "\u00E9", "e\u0301")]
    [TestCase("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")] // Annex 15's example
    [TestCase("\uD55C\uAE00", "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF")]
    [TestCase("\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB")]
    [TestCase("\u212B \uFB01 \u00BD", "\u00C5 \uFB01 \u00BD", "A\u030A \uFB01 \u00BD", "\u00C5 fi 1\u20442", "A\u030A fi 1\u20442")]
    [TestCase("a\u0301\u0323\u0301", "\u1EA1\u0301\u0301", "a\u0323\u0301\u0301", "\u1EA1\u0301\u0301", "a\u0323\u0301\u0301")]
    [TestCase("\u0958 \uD834\uDD5E", "\u0915\u093C \uD834\uDD57\uD834\uDD65", "\u0915\u093C \uD834\uDD57\uD834\uDD65", "\u0915\u093C \uD834\uDD57\uD834\uDD65", "\u0915\u093C \uD834\uDD57\uD834\uDD65")] // composition exclusions
    public void Normalize_EveryForm_EqualsUnicode(string text, string nfc, string nfd, string nfkc, string nfkd) => Assert.Multiple(() =>
    {
        Assert.That(new UnicodeNormalizer(compatible: false, compose: true).Normalize(text), Is.EqualTo(nfc));
        Assert.That(new UnicodeNormalizer(compatible: false, compose: false).Normalize(text), Is.EqualTo(nfd));
        Assert.That(new UnicodeNormalizer(compatible: true, compose: true).Normalize(text), Is.EqualTo(nfkc));
        Assert.That(new UnicodeNormalizer(compatible: true, compose: false).Normalize(text), Is.EqualTo(nfkd));
    });
}
