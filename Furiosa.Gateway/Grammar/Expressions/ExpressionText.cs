using System.Text;
using Furiosa.Gateway.Grammar.Automata;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Reads text by code points, with a bound on nesting and a budget for what is made of it. Positions in messages count characters from 1.</summary>
internal sealed class ExpressionText
{
    private const int MaxDepth = 64;
    private const int MaxRepeats = 8;
    private const int End = -1;

    private readonly int[] _codePoints;
    private int _depth;

    public ExpressionText(string text, GrammarBudget budget)
    {
        _codePoints = [.. text.EnumerateRunes().Select(rune => rune.Value)];
        Budget = budget;
    }

    /// <summary>Counts what is made.</summary>
    public GrammarBudget Budget { get; }

    public int Position { get; set; }

    public bool AtEnd => Position >= _codePoints.Length;

    /// <summary>The next code point, or -1 at the end.</summary>
    public int Peek(int ahead = 0) => Position + ahead is >= 0 and var at && at < _codePoints.Length ? _codePoints[Position + ahead] : End;

    public int Take()
    {
        if (AtEnd)
            throw Error("it ends too early");
        return _codePoints[Position++];
    }

    public bool TryTake(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Peek(i) != text[i])
                return false;
        }

        Position += text.Length;
        return true;
    }

    public void Expect(string text)
    {
        if (!TryTake(text))
            throw Error($"'{text}' is expected");
    }

    public string TakeWhile(Func<int, bool> wanted)
    {
        var taken = new StringBuilder();
        while (!AtEnd && wanted(Peek()))
            taken.Append(char.ConvertFromUtf32(Take()));
        return taken.ToString();
    }

    /// <summary>A decimal number of at most six digits, or null where there is none.</summary>
    public int? TryTakeNumber()
    {
        var digits = TakeWhile(value => value is >= '0' and <= '9');
        if (digits.Length > 6)
            throw Error($"the number {digits[..7]}… is too large");
        return digits.Length == 0 ? null : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }

    public int TakeHex(int digits)
    {
        var value = 0;
        for (var i = 0; i < digits; i++)
        {
            var digit = Take();
            if (digit > 'f' || !Uri.IsHexDigit((char)digit))
                throw Error($"{digits} hexadecimal digits are expected");
            value = (value << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
        }

        return value;
    }

    /// <summary>Runs what may nest.</summary>
    public T Nest<T>(Func<T> parse)
    {
        if (++_depth > MaxDepth)
            throw Error($"it nests deeper than {MaxDepth}");
        GrammarBudget.EnsureStack();
        var result = parse();
        _depth--;
        return result;
    }

    /// <summary>A part with one more repetition around it. Each nests what is before it, without a group that would be counted.</summary>
    /// <param name="part">The part.</param>
    /// <param name="min">Fewest times.</param>
    /// <param name="max">Most times; null for any.</param>
    /// <param name="repeats">How many repetitions the part has by now.</param>
    public GrammarExpression Repeat(GrammarExpression part, int min, int? max, ref int repeats)
    {
        if (++repeats > MaxRepeats)
            throw Error($"more than {MaxRepeats} repetitions follow one part: leave out all but one of them");
        return new ExpressionRepeat(part, min, max);
    }

    public GrammarException Error(string problem) => new($"At character {Position + 1}: {problem}.");
}
