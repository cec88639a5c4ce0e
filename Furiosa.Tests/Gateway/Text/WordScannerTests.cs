using Furiosa.Gateway.Text.Tokenizers.Cutting;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>The scanner against the regular expression that it stands for.</summary>
public sealed class WordScannerTests
{
    private static readonly string[] Parts =
        ["a", "Word", "é", "ß", "中文", "한", "1", "23", "٤", "½", " ", "  ", "\n", "\r\n", "\t", "\u00A0", "'s", "'LL", "'", "'\u017F", ".", "-", "…", "\u0301", "👍", "𝐀", "𝟙", "𠀀", "_", "\u200D"];

    [TestCase(Patterns.Cl100k, 3)]
    [TestCase(Patterns.Qwen, 1)]
    public void Cut_RandomText_EqualsThePattern(string pattern, int mostDigits)
    {
        var random = new Random(1);
        var slow = new PatternCutter(pattern, SplitBehavior.Isolated, invert: false);
        var fast = new WordScanner(mostDigits);
        for (var round = 0; round < 3000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Parts[random.Next(Parts.Length)]));
            Assert.That(Cut(fast, text), Is.EqualTo(Cut(slow, text)), text);
        }
    }

    private static List<string> Cut(PieceCutter cutter, string text)
    {
        var pieces = new List<TextPiece>();
        cutter.Cut(new TextPiece(text, isFirst: true), pieces);
        return pieces.ConvertAll(piece => piece.Text);
    }
}
