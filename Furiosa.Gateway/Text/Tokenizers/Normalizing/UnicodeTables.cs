using System.Globalization;

namespace Furiosa.Gateway.Text.Tokenizers.Normalizing;

/// <summary>Unicode's normalization data, read from an embedded file on first use.</summary>
/// <remarks>The process runs without ICU (invariant globalization), where <see cref="string.Normalize()"/> does nothing.</remarks>
internal sealed class UnicodeTables
{
    private const string Resource = "Furiosa.Gateway.Text.Tokenizers.UnicodeNormalization.txt";
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _pairs = [];

    private UnicodeTables()
    {
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The embedded file {Resource} is missing from the build.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            Read(line);
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>The canonical combining class of a code point: 0 for a starter.</summary>
    public int CombiningClass(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>The full decomposition of a code point (Hangul left out), or null where it is its own.</summary>
    public int[]? Decompose(int codePoint, bool compatible) =>
        compatible && _compatible.TryGetValue(codePoint, out var wide) ? wide : _canonical.GetValueOrDefault(codePoint);

    /// <summary>What two code points compose to (Hangul left out), or -1.</summary>
    public int Compose(int first, int second) => _pairs.GetValueOrDefault((first, second), -1);

    private static int[] Codes(string text) => [.. text.Split(' ', '-').Select(code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    private void Read(string line)
    {
        var parts = line.Split(' ', 2);
        var sides = parts[1].Split('=');
        switch (parts[0])
        {
            case "class":
                var value = parts[1].Split(' ');
                var range = Codes(value[1]);
                for (var code = range[0]; code <= range[1]; code++)
                    _classes[code] = byte.Parse(value[0], CultureInfo.InvariantCulture);
                break;
            case "canon":
                _canonical[Codes(sides[0])[0]] = Codes(sides[1]);
                break;
            case "compat":
                _compatible[Codes(sides[0])[0]] = Codes(sides[1]);
                break;
            case "pair":
                var pair = Codes(sides[0]);
                _pairs[(pair[0], pair[1])] = Codes(sides[1])[0];
                break;
        }
    }
}
