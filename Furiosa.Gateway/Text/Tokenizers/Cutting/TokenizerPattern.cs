using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>
/// Patterns of tokenizer files as .NET regular expressions. They are written for Oniguruma with Ruby's syntax, where lines are what
/// <c>^</c> and <c>$</c> mean, <c>X++</c> gives nothing back, classes have intersections and properties can be scripts.
/// </summary>
internal sealed partial class TokenizerPattern
{
    // A pattern comes with the model's files: one that backtracks without end is stopped.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private const int Longest = 65_536;
    private const int Deepest = 100;

    private readonly string _source;
    private readonly StringBuilder _result = new();
    private int _at;

    private TokenizerPattern(string source) => _source = source;

    /// <summary>A regular expression that cannot run for ever.</summary>
    /// <exception cref="ModelTextException">The pattern is too long, or its syntax is not known.</exception>
    public static Regex Compile(string pattern)
    {
        if (pattern.Length > Longest)
            throw new ModelTextException($"a pattern has more than {Longest} characters.");
        var translated = new TokenizerPattern(pattern).Translate();
        try
        {
            return new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.Compiled, Limit);
        }
        catch (ArgumentException error)
        {
            throw new ModelTextException($"the pattern {pattern} is not supported: {error.Message}", error);
        }
    }

    private string Translate()
    {
        ReadAlternatives(ignoreCase: false, 0);
        if (_at < _source.Length)
            _result.Append(_source.AsSpan(_at)); // a bracket too many, which .NET will complain about
        return _result.ToString();
    }

    // Up to the bracket that closes the group, or the end.
    private void ReadAlternatives(bool ignoreCase, int depth)
    {
        if (depth > Deepest)
            throw new ModelTextException($"a pattern nests more than {Deepest} deep.");
        while (_at < _source.Length && _source[_at] != ')')
        {
            var start = _result.Length;
            switch (_source[_at])
            {
                case '(':
                    ReadGroup(ref ignoreCase, depth);
                    break;
                case '[':
                    _result.Append('[').Append(new PatternClass(_source, ignoreCase).Read(ref _at, depth)).Append(']');
                    break;
                case '\\':
                    ReadEscape();
                    break;
                case var letter:
                    _at++;
                    // .NET folds the Kelvin sign to k, but not the long s to s.
                    _result.Append(ignoreCase && (letter is 's' or 'S') ? "[s\u017F]" : letter.ToString());
                    break;
            }

            ReadQuantifier(start);
        }
    }

    private void ReadGroup(ref bool ignoreCase, int depth)
    {
        var inner = ignoreCase;
        _result.Append('(');
        _at++;
        if (_at < _source.Length && _source[_at] == '?')
        {
            var end = _source.IndexOfAny([':', '=', '!', '>', ')'], _at);
            if (end < 0)
                end = _source.Length - 1;
            if (end - _at <= 8 || _source[end - 1] == '<')
            {
                var head = _source[_at..(end + 1)];
                _result.Append(head.Replace('m', 's')); // Ruby's m lets the point match line ends
                inner = head.Contains('i') && !head.Contains('<') ? !head.Contains("-i", StringComparison.Ordinal) : inner;
                _at = end + 1;
                if (_source[end] == ')')
                {
                    ignoreCase = inner; // flags for the rest of the group around
                    return;
                }
            }
        }

        ReadAlternatives(inner, depth + 1);
        if (_at >= _source.Length)
            return; // not closed, which .NET will complain about
        _at++;
        _result.Append(')');
    }

    private void ReadEscape()
    {
        var inside = PatternClass.ReadEscape(_source, ref _at, out var isSet, out var isNegated);
        if (isSet)
            _result.Append(isNegated ? "[^" : "[").Append(inside).Append(']');
        else
            _result.Append(inside);
    }

    // What was written from start on is the atom that a quantifier would repeat.
    private void ReadQuantifier(int start)
    {
        if (_at >= _source.Length)
            return;
        var begin = _at;
        if (_source[_at] is '*' or '+' or '?')
        {
            _at++;
        }
        else if (_source[_at] == '{' && Counts().Match(_source, _at) is { Success: true, Length: var length })
        {
            _at += length;
        }
        else
        {
            return;
        }

        var quantifier = _source[begin.._at];
        if (quantifier.StartsWith("{,", StringComparison.Ordinal))
            quantifier = "{0" + quantifier[1..];
        var follow = _at < _source.Length ? _source[_at] : '\0';
        if (follow == '?')
        {
            _at++;
            _result.Append(quantifier).Append('?');
        }
        else if (follow == '+')
        {
            _at++;
            var atom = _result.ToString(start, _result.Length - start);
            _result.Length = start;
            // Of these, Ruby knows only *+, ++ and ?+ as "gives nothing back"; {n,m}+ is a repetition of a repetition.
            _result.Append(CultureInfo.InvariantCulture, $"{(quantifier[0] == '{' ? "(?:" : "(?>")}{atom}{quantifier})").Append(quantifier[0] == '{' ? "+" : "");
        }
        else
        {
            _result.Append(quantifier);
        }
    }

    [GeneratedRegex(@"\G\{(\d+(,\d*)?|,\d+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Counts();
}
