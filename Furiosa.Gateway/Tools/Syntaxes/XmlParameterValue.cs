using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>One parameter's text up to its closing tag, made JSON. A string streams; anything else waits until it is whole.</summary>
internal sealed class XmlParameterValue
{
    // The template puts a line break on either side of a value, which is no part of it.
    private static readonly string[] Closings = ["</parameter>", "\n</parameter>"];

    private readonly IReadOnlyCollection<string> _types;
    private readonly ICallSink _calls;
    private readonly StringBuilder _tail = new();
    private readonly StringBuilder _whole = new();
    private readonly bool _streams;
    private bool _opened;
    private bool _first = true;

    public XmlParameterValue(IReadOnlyCollection<string> types, ICallSink calls)
    {
        _types = types;
        _calls = calls;
        _streams = types.Count == 0 || (types.Contains("string") && !types.Contains("null"));
    }

    /// <summary>Characters not yet passed on.</summary>
    public int HeldLength => _tail.Length + _whole.Length;

    /// <summary>Takes a character; true when it ended the value.</summary>
    public bool Push(char character)
    {
        if (_first && character == '\n')
        {
            _first = false;
            return false;
        }

        _first = false;
        _tail.Append(character);
        while (_tail.Length > 0)
        {
            var tail = _tail.ToString();
            if (Closings.Contains(tail, StringComparer.Ordinal))
            {
                End();
                return true;
            }

            if (Closings.Any(closing => closing.StartsWith(tail, StringComparison.Ordinal)))
                return false;
            Take(tail[0]);
            _tail.Remove(0, 1);
        }

        return false;
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
        // What the model wrote against the schema is handed on as text, for the tool to refuse.
        return JsonValueScanner.IsValue(value) ? value : PythonLiteral.ToJson(value) ?? JsonString.Quote(text);
    }
}
