using System.Text;

namespace Furiosa.Gateway.Grammar.Expressions;

/// <summary>Reads text by code points, with a bound on nesting. Positions in messages count characters from 1.</summary>
internal sealed class ExpressionText
{
    private const int MaxDepth = 64;
    private const int End = -1;

    private readonly int[] _codePoints;
    private int _depth;

    public ExpressionText(string text) => _codePoints = [.. text.EnumerateRunes().Select(rune => rune.Value)];

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
        var result = parse();
        _depth--;
        return result;
    }

    public GrammarException Error(string problem) => new($"At character {Position + 1}: {problem}.");
}
