using System.Globalization;
using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Named character classes of regular expressions, as ECMAScript has them.</summary>
internal static class RegexClasses
{
    public static CodePointSet Digits { get; } = CodePointSet.Of(('0', '9'));

    public static CodePointSet Words { get; } = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));

    public static CodePointSet Spaces { get; } =
        CodePointSet.Of((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>All but ends of lines.</summary>
    public static CodePointSet Dot { get; } = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Complement();

    private static readonly Lazy<Dictionary<string, CodePointSet>> Categories = new(FindCategories);

    /// <summary>The class of an escape letter (dDwWsS), or null.</summary>
    public static CodePointSet? OfLetter(int letter) => letter switch
    {
        'd' => Digits,
        'D' => Digits.Complement(),
        'w' => Words,
        'W' => Words.Complement(),
        's' => Spaces,
        'S' => Spaces.Complement(),
        _ => null,
    };

    /// <summary>The characters of a Unicode general category such as L or Lu, or null.</summary>
    public static CodePointSet? OfCategory(string name) => Categories.Value.GetValueOrDefault(name);

    private static Dictionary<string, CodePointSet> FindCategories()
    {
        var ranges = new Dictionary<string, List<(int, int)>>(StringComparer.Ordinal);
        var (begin, category) = (0, UnicodeCategory.Control);
        for (var value = 0; value <= 0x110000; value++)
        {
            var next = value > 0x10FFFF ? (UnicodeCategory)(-1) : CharUnicodeInfo.GetUnicodeCategory(value);
            if (next == category)
                continue;
            var name = Name(category);
            foreach (var key in new[] { name, name[..1] })
            {
                if (!ranges.TryGetValue(key, out var list))
                    ranges[key] = list = [];
                list.Add((begin, value - 1));
            }

            (begin, category) = (value, next);
        }

        return ranges.ToDictionary(pair => pair.Key, pair => CodePointSet.Of(pair.Value), StringComparer.Ordinal);
    }

    private static string Name(UnicodeCategory category) =>
        "LuLlLtLmLoMnMcMeNdNlNoZsZlZpCcCfCsCoPcPdPsPePiPfPoSmScSkSoCn".Substring((int)category * 2, 2);
}
