using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Turns one Python literal (strings, numbers, True, False, None, lists, tuples, dicts) into JSON, a character at a time.</summary>
/// <param name="write">Takes the JSON text.</param>
internal sealed class PythonLiteral(Action<string> write)
{
    private const int Deepest = 64;
    private const int LongestWord = 256;

    private readonly Stack<char> _open = new();
    private readonly Stack<bool> _any = new();
    private readonly PythonString _string = new();
    private readonly StringBuilder _word = new();
    private Place _place = Place.Value;
    private bool _isKey;

    private enum Place { Value, ValueOrEnd, KeyOrEnd, String, Word, Colon, CommaOrEnd, Over }

    /// <summary>Characters taken whose JSON is not yet written.</summary>
    public int HeldLength => _place == Place.Word ? _word.Length : _place == Place.String ? _string.HeldLength : 0;

    /// <summary>The JSON of a text that is one literal and nothing else, or null.</summary>
    public static string? ToJson(string text)
    {
        var json = new StringBuilder();
        var literal = new PythonLiteral(part => json.Append(part));
        var step = JsonStep.More;
        foreach (var character in text)
        {
            if (step != JsonStep.More)
                return null;
            step = literal.Push(character);
        }

        return step == JsonStep.End || (step == JsonStep.More && literal.Push(' ') == JsonStep.EndBefore) ? json.ToString() : null;
    }

    /// <summary>Takes the next character; white space before the value is part of it.</summary>
    public JsonStep Push(char character)
    {
        switch (_place)
        {
            case Place.String:
                return InString(character);
            case Place.Word when char.IsAsciiLetterOrDigit(character) || "+-._".Contains(character):
                return _word.Append(character).Length > LongestWord ? JsonStep.Invalid : JsonStep.More;
            case Place.Word:
                return EndWord(character);
            case Place.Over:
                return JsonStep.Invalid;
        }

        if (char.IsWhiteSpace(character))
            return JsonStep.More;
        switch (_place)
        {
            case Place.Colon:
                return Write(": ", Place.Value, character == ':');
            case Place.CommaOrEnd when character == ',':
                _place = _open.Peek() == '{' ? Place.KeyOrEnd : Place.ValueOrEnd;
                return JsonStep.More;
            case Place.CommaOrEnd:
            case Place.KeyOrEnd or Place.ValueOrEnd when character is '}' or ']' or ')':
                return Close(character);
            default:
                return Begin(character);
        }
    }

    private JsonStep Begin(char character)
    {
        // A comma is written when something follows it: Python allows one at the end, JSON does not.
        var comma = _open.Count > 0 && _any.Peek() && _place != Place.Value ? ", " : "";
        if (_open.Count > 0 && _place != Place.Value)
        {
            _any.Pop();
            _any.Push(true);
        }

        _isKey = _place == Place.KeyOrEnd;
        if (character is '"' or '\'')
        {
            _string.Begin(character);
            return Write(comma + "\"", Place.String, true);
        }

        if (character is '{' or '[' or '(')
        {
            _open.Push(character);
            _any.Push(false);
            return Write(comma + (character == '{' ? "{" : "["), character == '{' ? Place.KeyOrEnd : Place.ValueOrEnd, !_isKey && _open.Count <= Deepest);
        }

        _word.Clear().Append(character);
        return Write(comma, Place.Word, !_isKey && (char.IsAsciiLetterOrDigit(character) || "+-.".Contains(character)));
    }

    private JsonStep InString(char character)
    {
        var json = _string.Push(character);
        if (json == null)
            return JsonStep.Invalid;
        if (json.Length > 0)
            write(json);
        if (!_string.Ended)
            return JsonStep.More;
        write("\"");
        if (!_isKey)
            return EndValue();
        _place = Place.Colon;
        return JsonStep.More;
    }

    private JsonStep EndWord(char character)
    {
        var word = _word.ToString();
        var json = word switch
        {
            "True" or "true" => "true",
            "False" or "false" => "false",
            "None" or "null" => "null",
            _ => Number(word.Replace("_", "", StringComparison.Ordinal)),
        };
        if (json == null)
            return JsonStep.Invalid;
        write(json);
        return EndValue() == JsonStep.End ? JsonStep.EndBefore : Push(character);
    }

    private static string? Number(string word)
    {
        if (JsonValueScanner.IsValue(word))
            return word;
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && !char.IsAsciiLetter(word[^1])
            ? number.ToString("R", CultureInfo.InvariantCulture) : null;
    }

    private JsonStep Close(char character)
    {
        var opened = _open.Pop();
        _any.Pop();
        if (character != opened switch { '{' => '}', '[' => ']', _ => ')' })
            return JsonStep.Invalid;
        write(opened == '{' ? "}" : "]");
        return EndValue();
    }

    private JsonStep EndValue()
    {
        _place = _open.Count == 0 ? Place.Over : Place.CommaOrEnd;
        return _open.Count == 0 ? JsonStep.End : JsonStep.More;
    }

    private JsonStep Write(string json, Place next, bool allowed)
    {
        _place = allowed ? next : Place.Over;
        if (allowed && json.Length > 0)
            write(json);
        return allowed ? JsonStep.More : JsonStep.Invalid;
    }
}
