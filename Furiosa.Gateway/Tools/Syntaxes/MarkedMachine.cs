using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Reads the calls of one section, or one call without any.</summary>
internal sealed class MarkedMachine(MarkedCalls marks, ToolSchemas tools, ICallSink calls, bool inSection) : CallMachine
{
    private const int LongestName = 256;

    private readonly BetweenCalls _between = new(marks.Call, marks.SectionEnd, calls);
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private Place _place = inSection ? Place.BetweenCalls : Place.Name;
    private MarkedValue? _value;
    private string _function = "";
    private string _key = "";

    private enum Place { BetweenCalls, Name, HeadRest, InCall, Key, KeyRest, Value }

    public override int HeldLength => _value?.HeldLength ?? 0;

    public override CallStatus Push(char character) => _place switch
    {
        Place.BetweenCalls => _between.Push(character, () => Go(Place.Name)),
        Place.Name => InName(character),
        Place.HeadRest => InRest(character, marks.TagEnd, () => Go(Place.InCall)),
        Place.InCall => InCall(character),
        Place.Key => InKey(character),
        Place.KeyRest => InRest(character, marks.TagEnd, BeginValue),
        _ => InValue(character),
    };

    public override bool Finish() => _place == Place.BetweenCalls && _between.MayEnd;

    private CallStatus InName(char character)
    {
        if (marks.HeadEnd.Length > 0)
            return InRest(character, marks.HeadEnd, EndName);
        // The name goes on to the mark of an argument or of the end.
        var text = _text.Append(character).ToString();
        var mark = text.EndsWith(marks.Argument, StringComparison.Ordinal) ? marks.Argument : text.EndsWith(marks.CallEnd, StringComparison.Ordinal) ? marks.CallEnd : "";
        if (mark.Length == 0)
            return _text.Length <= LongestName ? CallStatus.More : CallStatus.Failed;
        _text.Length -= mark.Length;
        var status = EndName();
        return status == CallStatus.More && mark == marks.Argument ? Go(Place.Key) : status == CallStatus.More ? EndCall() : status;
    }

    private CallStatus EndName()
    {
        _function = Unescape(_text.ToString().Trim());
        if (_function.Length == 0 || _function.Any(char.IsControl) || (marks.HeadEnd.Length == 0 && _function.AsSpan().ContainsAny("{}[]<>\" ")))
            return CallStatus.Failed;
        calls.Start(_function);
        calls.Arguments("{");
        _seen.Clear();
        return Go(marks.TagEnd.Length > 0 ? Place.HeadRest : Place.InCall);
    }

    private CallStatus InCall(char character)
    {
        if (_text.Length == 0 && char.IsWhiteSpace(character))
            return CallStatus.More;
        var text = _text.Append(character).ToString();
        if (text == marks.CallEnd)
            return EndCall();
        if (Begins(marks.CallEnd, text) || (text != marks.Argument && Begins(marks.Argument, text)))
            return CallStatus.More;
        if (!text.StartsWith(marks.Argument, StringComparison.Ordinal))
            return CallStatus.Failed;
        Go(Place.Key);
        // Where the end begins like an argument, one character more told them apart.
        _text.Append(text.AsSpan(marks.Argument.Length));
        return CallStatus.More;
    }

    private CallStatus EndCall()
    {
        calls.Arguments("}");
        if (!inSection)
            return CallStatus.Done;
        _between.EndCall();
        return Go(Place.BetweenCalls);
    }

    private CallStatus InKey(char character) => InRest(character, marks.KeyEnd, EndKey);

    private CallStatus EndKey()
    {
        _key = Unescape(_text.ToString().Trim());
        if (_key.Length == 0 || _key.Any(char.IsControl) || !_seen.Add(_key))
            return CallStatus.Failed;
        calls.Arguments($"{(_seen.Count > 1 ? ", " : "")}{JsonString.Quote(_key)}: ");
        return marks.TagEnd.Length > 0 && marks.KeyEnd != marks.TagEnd ? Go(Place.KeyRest) : BeginValue();
    }

    private CallStatus BeginValue()
    {
        IReadOnlyCollection<string> types = tools.ParameterTypes(_function, _key);
        if (marks.StringAttribute.Length > 0 && _text.Length > 0)
            types = _text.ToString().Contains(marks.StringAttribute, StringComparison.Ordinal) ? ["string"] : ["json"];
        _value = new MarkedValue(marks, _key, types, calls);
        return Go(Place.Value);
    }

    private CallStatus InValue(char character)
    {
        if (!_value!.Push(character))
            return CallStatus.More;
        _value = null;
        return Go(Place.InCall);
    }

    // What stands before a mark; white space in the mark may be left out or doubled.
    private CallStatus InRest(char character, string mark, Func<CallStatus> end)
    {
        var text = _text.Append(character).ToString();
        var at = mark.IndexOf('\n', StringComparison.Ordinal);
        if (at < 0 ? text.EndsWith(mark, StringComparison.Ordinal) : EndsWithBoth(text, mark[..at], mark[(at + 1)..], out mark))
        {
            _text.Length -= mark.Length;
            return end();
        }

        return _text.Length <= LongestName ? CallStatus.More : CallStatus.Failed;
    }

    private static bool EndsWithBoth(string text, string first, string second, out string mark)
    {
        mark = "";
        if (!text.EndsWith(second, StringComparison.Ordinal) || !text.AsSpan(0, text.Length - second.Length).TrimEnd().EndsWith(first, StringComparison.Ordinal))
            return false;
        mark = text[(text.AsSpan(0, text.Length - second.Length).TrimEnd().Length - first.Length)..];
        return true;
    }

    // Attributes are escaped where tags have any.
    private string Unescape(string name) =>
        marks.TagEnd.Length == 0 ? name : name.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);

    private static bool Begins(string mark, string text) => mark.StartsWith(text, StringComparison.Ordinal);

    private CallStatus Go(Place place)
    {
        _text.Clear();
        _place = place;
        return CallStatus.More;
    }
}
