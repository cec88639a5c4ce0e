using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>Unicode's scripts, read from an embedded file on first use.</summary>
internal sealed class UnicodeScripts
{
    private const string Resource = "Furiosa.Gateway.Text.Tokenizers.UnicodeScripts.txt";
    private static readonly Lazy<UnicodeScripts> Loaded = new(() => new UnicodeScripts());

    private readonly List<(int First, int Last, string Script)> _ranges = [];

    private UnicodeScripts()
    {
        using var stream = typeof(UnicodeScripts).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The embedded file {Resource} is missing from the build.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var parts = line.Split(' ');
            foreach (var range in parts.Skip(1))
            {
                var ends = range.Split('-');
                _ranges.Add((Code(ends[0]), Code(ends[1]), parts[0]));
            }
        }

        _ranges.Sort();
    }

    public static UnicodeScripts Instance => Loaded.Value;

    /// <summary>A code point's script; <c>Unknown</c> where it has none.</summary>
    public string ScriptOf(int codePoint)
    {
        var (low, high) = (0, _ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var (first, last, script) = _ranges[middle];
            if (codePoint < first)
                high = middle - 1;
            else if (codePoint > last)
                low = middle + 1;
            else
                return script;
        }

        return "Unknown";
    }

    /// <summary>A script's characters of the basic plane as the inside of a regular expression's class, or null where there is no such script.</summary>
    public string? ClassOf(string script)
    {
        var name = script.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        var found = _ranges.Where(range => range.Script.Replace("_", "", StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 0)
            return null;
        var text = new StringBuilder();
        foreach (var (first, last, _) in found.Where(range => range.First <= 0xFFFF))
            text.Append(CultureInfo.InvariantCulture, $"\\u{first:X4}-\\u{Math.Min(last, 0xFFFF):X4}");
        return text.ToString();
    }

    private static int Code(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
