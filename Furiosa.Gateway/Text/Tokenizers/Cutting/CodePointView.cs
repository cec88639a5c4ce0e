using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>
/// Text with one UTF-16 unit per code point, for regular expressions: .NET matches units, so that a letter or emoji outside the basic
/// plane would be two characters of no category. Here such a code point is one stand-in of its own general category.
/// </summary>
internal sealed class CodePointView
{
    // The only script outside the basic plane that patterns ask for.
    private const char Ideograph = '\u3400';

    private readonly int[] _starts;

    public CodePointView(string text)
    {
        var view = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length + 1);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            starts.Add(at);
            view.Append(rune.IsBmp ? (char)rune.Value : rune.Value is >= 0x20000 and <= 0x3FFFF ? Ideograph : StandIn(Rune.GetUnicodeCategory(rune)));
            at += rune.Utf16SequenceLength;
        }

        starts.Add(at);
        _starts = [.. starts];
        Text = view.ToString();
    }

    /// <summary>The text to match.</summary>
    public string Text { get; }

    /// <summary>Where the code point at <paramref name="index"/> of <see cref="Text"/> begins in the original.</summary>
    public int Original(int index) => _starts[index];

    // Little used characters, far from the ranges (kana, CJK, Latin) that patterns spell out.
    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u10A0',
        UnicodeCategory.LowercaseLetter => '\u2D00',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA015',
        UnicodeCategory.OtherLetter => '\uA000',
        UnicodeCategory.NonSpacingMark => '\uA926',
        UnicodeCategory.SpacingCombiningMark => '\uA983',
        UnicodeCategory.EnclosingMark => '\u20DD',
        UnicodeCategory.DecimalDigitNumber => '\uA900',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.ConnectorPunctuation => '\u2054',
        UnicodeCategory.DashPunctuation => '\u2E1A',
        UnicodeCategory.OpenPunctuation => '\u2E22',
        UnicodeCategory.ClosePunctuation => '\u2E23',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA9C1',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\u4DC0',
        UnicodeCategory.Format => '\u2061',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\uFFFF', // unassigned
    };
}
