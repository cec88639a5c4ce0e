using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>One argument's text up to its closing mark, made JSON. A string streams; anything else waits until it is whole.</summary>
internal sealed class MarkedValue
{
    private readonly MarkedCalls _marks;
    private readonly string _key;
    private readonly string[] _closings;
    private readonly IReadOnlyCollection<string> _types;
    private readonly ICallSink _calls;
    private readonly StringBuilder _tail = new();
    private readonly StringBuilder _whole = new();
    private readonly bool _streams;
    private bool _opened;
    private bool _first = true;

    /// <param name="marks">How the family writes calls.</param>
    /// <param name="key">The argument's name.</param>
    /// <param name="types">The JSON types it may have; none where nothing is known of it.</param>
    /// <param name="calls">Told of its JSON.</param>
    public MarkedValue(MarkedCalls marks, string key, IReadOnlyCollection<string> types, ICallSink calls)
    {
        (_marks, _key, _types, _calls) = (marks, key, types, calls);
        var closing = marks.ValueEnd.Replace("{key}", key, StringComparison.Ordinal);
        _closings = marks.TrimsLines ? [closing, "\n" + closing] : [closing];
        _streams = (types.Count == 0 && marks.NestedTag.Length == 0) || (types.Contains("string") && !types.Contains("null"));
    }

    /// <summary>Characters not yet passed on.</summary>
    public int HeldLength => _tail.Length + _whole.Length;

    /// <summary>Takes a character; true when it ended the value.</summary>
    public bool Push(char character)
    {
        if (_first && character == '\n' && _marks.TrimsLines)
        {
            _first = false;
            return false;
        }

        _first = false;
        _tail.Append(character);
        while (_tail.Length > 0)
        {
            var tail = _tail.ToString();
            if (_closings.Contains(tail, StringComparer.Ordinal) && !IsInner())
            {
                End();
                return true;
            }

            if (tail.Length < _closings[^1].Length && _closings.Any(closing => closing.StartsWith(tail, StringComparison.Ordinal)))
                return false;
            Take(tail[0]);
            _tail.Remove(0, 1);
        }

        return false;
    }

    // Whether the closing tag belongs to a nested one of the same name.
    private bool IsInner()
    {
        if (_marks.NestedTag.Length == 0 || _streams)
            return false;
        var whole = _whole.ToString();
        return whole.Split($"{_marks.NestedTag}<{_key}>").Length > whole.Split(_closings[0]).Length;
    }

    private void Take(char character)
    {
        if (_streams)
            Open(JsonString.Escape([character]));
        else
            _whole.Append(character);
    }

    private void Open(string json)
    {
        _calls.Arguments(_opened ? json : "\"" + json);
        _opened = true;
    }

    private void End()
    {
        _tail.Clear();
        if (_streams)
        {
            Open("");
            _calls.Arguments("\"");
            return;
        }

        _calls.Arguments(Convert(_whole.ToString()));
        _whole.Clear();
    }

    private string Convert(string text)
    {
        var value = text.Trim();
        if (_types.Contains("null") && value is "null" or "None")
            return "null";
        if (_types.Contains("string"))
            return JsonString.Quote(text);
        if (_types.Contains("boolean") && value.ToLowerInvariant() is "true" or "false")
            return value.ToLowerInvariant();
        if (_marks.NestedTag.Length > 0 && NestedTags.ToJson(text, _marks.NestedTag, _types) is { } json)
            return json;
        // What the model wrote against the schema is handed on as text, for the tool to refuse.
        return JsonValueScanner.IsValue(value) ? value : PythonLiteral.ToJson(value) ?? JsonString.Quote(text);
    }
}
