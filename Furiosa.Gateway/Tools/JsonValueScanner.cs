namespace Furiosa.Gateway.Tools;

/// <summary>What a <see cref="JsonValueScanner"/> makes of a character.</summary>
internal enum JsonStep
{
    /// <summary>It belongs to the value, which goes on.</summary>
    More,

    /// <summary>It ends the value.</summary>
    End,

    /// <summary>The value, a number, was over before it.</summary>
    EndBefore,

    /// <summary>It cannot stand here in JSON.</summary>
    Invalid,
}

/// <summary>Checks one JSON value (RFC 8259) a character at a time, without keeping it. Nesting is bounded.</summary>
internal sealed class JsonValueScanner
{
    private const int Deepest = 64;

    private readonly Stack<bool> _inObject = new();
    private Place _place = Place.Value;
    private Place _number;
    private string _word = "";
    private int _at;
    private bool _isKey;

    private enum Place
    {
        Value, ValueOrEnd, Key, KeyOrEnd, Colon, CommaOrEnd, String, Escape, Hex, Word, Number,
        Minus, Zero, Digits, Point, Fraction, Exponent, ExponentSign, ExponentDigits, Over,
    }

    /// <summary>Whether the text is one value of JSON and nothing else.</summary>
    public static bool IsValue(string text)
    {
        var scanner = new JsonValueScanner();
        var step = JsonStep.More;
        foreach (var character in text.Trim(' ', '\n', '\r', '\t'))
        {
            if (step != JsonStep.More)
                return false;
            step = scanner.Push(character);
        }

        return step == JsonStep.End || (step == JsonStep.More && scanner.Push(' ') == JsonStep.EndBefore);
    }

    /// <summary>Takes the next character. White space before the value is part of it.</summary>
    public JsonStep Push(char character)
    {
        switch (_place)
        {
            case Place.String:
                return InString(character);
            case Place.Escape:
                _at = 0;
                return Go(character == 'u' ? Place.Hex : Place.String, "\"\\/bfnrtu".Contains(character));
            case Place.Hex:
                return Go(++_at == 4 ? Place.String : Place.Hex, char.IsAsciiHexDigit(character));
            case Place.Word:
                return character != _word[_at] ? JsonStep.Invalid : ++_at == _word.Length ? EndValue() : JsonStep.More;
            case Place.Number:
                return InNumber(character);
            case Place.Over:
                return JsonStep.Invalid;
        }

        return character is ' ' or '\n' or '\r' or '\t' ? JsonStep.More : _place switch
        {
            Place.Colon => Go(Place.Value, character == ':'),
            Place.CommaOrEnd when character == ',' => Go(_inObject.Peek() ? Place.Key : Place.Value, true),
            Place.CommaOrEnd => Close(character),
            Place.KeyOrEnd or Place.ValueOrEnd when character is '}' or ']' => Close(character),
            Place.Key or Place.KeyOrEnd => Go(Place.String, _isKey = character == '"'),
            _ => Begin(character),
        };
    }

    private JsonStep Begin(char character)
    {
        switch (character)
        {
            case '{' or '[':
                _inObject.Push(character == '{');
                return Go(character == '{' ? Place.KeyOrEnd : Place.ValueOrEnd, _inObject.Count <= Deepest);
            case '"':
                _isKey = false;
                return Go(Place.String, true);
            case 't' or 'f' or 'n':
                _word = character == 't' ? "true" : character == 'f' ? "false" : "null";
                _at = 1;
                return Go(Place.Word, true);
            default:
                _number = character == '-' ? Place.Minus : character == '0' ? Place.Zero : Place.Digits;
                return Go(Place.Number, character == '-' || char.IsAsciiDigit(character));
        }
    }

    private JsonStep InString(char character)
    {
        if (character == '"')
            return _isKey ? Go(Place.Colon, true) : EndValue();
        return Go(character == '\\' ? Place.Escape : Place.String, character >= ' ');
    }

    private JsonStep InNumber(char character)
    {
        var digit = char.IsAsciiDigit(character);
        Place? next = (_number, character) switch
        {
            (Place.Minus, '0') => Place.Zero,
            (Place.Minus or Place.Digits, _) when digit => Place.Digits,
            (Place.Zero or Place.Digits, '.') => Place.Point,
            (Place.Point or Place.Fraction, _) when digit => Place.Fraction,
            (Place.Zero or Place.Digits or Place.Fraction, 'e' or 'E') => Place.Exponent,
            (Place.Exponent, '+' or '-') => Place.ExponentSign,
            (Place.Exponent or Place.ExponentSign or Place.ExponentDigits, _) when digit => Place.ExponentDigits,
            _ => null,
        };
        if (next is { } place)
        {
            _number = place;
            return JsonStep.More;
        }

        if (_number is not (Place.Zero or Place.Digits or Place.Fraction or Place.ExponentDigits))
            return JsonStep.Invalid;
        return EndValue() == JsonStep.End ? JsonStep.EndBefore : Push(character);
    }

    private JsonStep Close(char character) =>
        character is not ('}' or ']') || _inObject.Pop() != (character == '}') ? JsonStep.Invalid : EndValue();

    private JsonStep EndValue()
    {
        _place = _inObject.Count == 0 ? Place.Over : Place.CommaOrEnd;
        return _inObject.Count == 0 ? JsonStep.End : JsonStep.More;
    }

    private JsonStep Go(Place next, bool allowed)
    {
        _place = allowed ? next : Place.Over;
        return allowed ? JsonStep.More : JsonStep.Invalid;
    }
}
