using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Cuts text where a pattern matches, as <c>tokenizer.json</c>'s Split does.</summary>
internal sealed class PatternPreTokenizer : PreTokenizer
{
    // A pattern comes with the model's files: one that backtracks without end is stopped.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Regex _pattern;
    private readonly SplitBehavior _behavior;
    private readonly bool _invert;

    public PatternPreTokenizer(string pattern, SplitBehavior behavior, bool invert)
    {
        _pattern = Compile(pattern);
        _behavior = behavior;
        _invert = invert;
    }

    /// <summary>A pattern of a tokenizer's file as a .NET regular expression that cannot run for ever.</summary>
    /// <exception cref="ModelTextException">.NET does not know the pattern's syntax.</exception>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(ToDotNet(pattern), RegexOptions.CultureInvariant | RegexOptions.Compiled, Limit);
        }
        catch (ArgumentException error)
        {
            throw new ModelTextException($"the pattern {pattern} is not supported: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        var view = text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? new CodePointView(text) : null;
        var pieces = new List<(int Offset, int Length)>((text.Length / 4) + 1);
        var merger = new PieceMerger(_behavior, pieces);
        var done = 0;
        foreach (var match in _pattern.EnumerateMatches(view?.Text ?? text))
        {
            if (match.Length == 0)
                continue;
            var start = view?.Original(match.Index) ?? match.Index;
            var stop = view?.Original(match.Index + match.Length) ?? match.Index + match.Length;
            if (start > done)
                merger.Add(done, start, _invert);
            merger.Add(start, stop, !_invert);
            done = stop;
        }

        if (done < text.Length)
            merger.Add(done, text.Length, _invert);
        return pieces;
    }

    // Oniguruma folds U+017F to s and U+212A to k without regard to case; .NET knows the second only.
    private static string ToDotNet(string pattern) =>
        pattern.Replace("(?i:'s|", "(?i:'[s\u017F]|", StringComparison.Ordinal).Replace("(?i:[sdmt]|", "(?i:[sdmt\u017F]|", StringComparison.Ordinal);
}
