using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>What stands between the calls of a section: white space, then the mark that begins a call or the one that ends the section.</summary>
internal sealed class BetweenCalls(string call, string end, ICallSink calls)
{
    private readonly StringBuilder _text = new();
    private bool _any;

    /// <summary>Whether the section may end without its mark.</summary>
    public bool MayEnd => _any && _text.Length == 0;

    /// <summary>Takes the next character.</summary>
    /// <param name="character">The character.</param>
    /// <param name="begin">What to do where a call begins.</param>
    public CallStatus Push(char character, Func<CallStatus> begin)
    {
        if (_text.Length == 0 && char.IsWhiteSpace(character))
            return CallStatus.More;
        var text = _text.Append(character).ToString();
        if (text == end)
            return _any ? CallStatus.Done : CallStatus.Failed;
        if (text != call)
            return call.StartsWith(text, StringComparison.Ordinal) || end.StartsWith(text, StringComparison.Ordinal) ? CallStatus.More : CallStatus.Failed;
        _text.Clear();
        return begin();
    }

    /// <summary>A call of the section is over.</summary>
    public void EndCall()
    {
        calls.End();
        _any = true;
    }
}
