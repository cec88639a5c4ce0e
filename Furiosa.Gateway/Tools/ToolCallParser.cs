using System.Text;

namespace Furiosa.Gateway.Tools;

/// <summary>
/// The one parser behind every syntax. Content passes at once, except white space and the beginning of a marker, which wait for what
/// follows. A call of one of the request's functions is believed as soon as its first argument begins, and they stream on as they come; one of
/// an unknown function is held until it is complete or past <see cref="HoldLength"/>. What is not believed and does not become a call is
/// given back as content; a believed call that is malformed or cut keeps the arguments as the model wrote them.
/// </summary>
/// <remarks>It decides character by character, which is why the cut of the input cannot matter.</remarks>
internal sealed class ToolCallParser(ToolCallSyntax syntax, ToolSchemas tools) : IToolCallParser, ICallSink
{
    /// <summary>Characters of a call to an unknown function that are held back for a look at the whole of it.</summary>
    public const int HoldLength = 512;

    /// <summary>Most characters held for any reason; a call that says nothing for longer is content.</summary>
    public const int MostHeld = 64 * 1024;

    // A longer one is content as a whole: reading it again from each of many markers inside it would cost its square.
    private const int LongestRescan = 4096;
    private const int MostWhiteSpace = 256;

    private readonly ToolDeltaMerger _output = new();
    private readonly ToolDeltaMerger _unreleased = new();
    private readonly StringBuilder _held = new();
    private readonly StringBuilder _raw = new();
    private CallMachine? _machine;
    private BrokenCall? _broken;
    private JsonValueScanner _arguments = new();
    private int _argumentLength;
    private bool _argumentsOver;
    private bool _isKnown;
    private bool _believed;
    private bool _spoke;
    private bool _ended;
    private bool _anyContent;
    private bool _contentSinceCall = true;
    private int _startedCount;

    public int CallCount { get; private set; }

    public void Feed(string text, IList<ToolDelta> output)
    {
        foreach (var character in text)
            Push(character);
        _output.MoveTo(output);
    }

    public void Finish(IList<ToolDelta> output)
    {
        while (_machine != null)
        {
            if (_broken != null)
                _output.Add(ToolDeltaKind.Arguments, CallCount - 1, _broken.Finish());
            if (_broken != null || _believed || _machine.Finish())
                EndMachine();
            else
                GiveBack();
        }

        if (_contentSinceCall || _held.ToString().Trim().Length > 0)
            Content(_held.ToString());
        _held.Clear();
        _output.MoveTo(output);
    }

    void ICallSink.Start(string name)
    {
        _spoke = true;
        _isKnown = tools.Contains(name);
        _argumentLength = 0;
        _argumentsOver = false;
        _arguments = new JsonValueScanner();
        _unreleased.Add(ToolDeltaKind.CallStart, _startedCount++, name);
    }

    void ICallSink.Arguments(ReadOnlySpan<char> json)
    {
        _spoke = true;
        _argumentLength += json.Length;
        foreach (var character in json)
            _argumentsOver |= _arguments.Push(character) == JsonStep.End;
        _unreleased.Add(ToolDeltaKind.Arguments, _startedCount - 1, json);
    }

    void ICallSink.End() => _ended = true;

    private void Push(char character)
    {
        if (_broken != null)
            PushBroken(_broken, character);
        else if (_machine == null)
            PushContent(character);
        else
            PushCall(_machine, character);
    }

    private void PushContent(char character)
    {
        _held.Append(character);
        while (_held.Length > 0)
        {
            var held = _held.ToString();
            var space = held.Length - held.AsSpan().TrimStart().Length;
            if (space == held.Length ? space <= MostWhiteSpace : TryMarker(held, held.AsSpan(space)))
                return;
            var plain = Math.Min(space + 1, held.Length);
            Content(held.AsSpan(0, plain));
            _held.Remove(0, plain);
        }
    }

    // Whether the text is a marker (then its machine begins) or may become one.
    private bool TryMarker(string held, ReadOnlySpan<char> text)
    {
        foreach (var marker in syntax.Markers(!_anyContent, CallCount))
        {
            if (!marker.AsSpan().StartsWith(text, StringComparison.Ordinal))
                continue;
            if (marker.Length == text.Length)
            {
                _held.Clear();
                _raw.Append(held);
                _machine = syntax.Begin(marker, this);
            }

            return true;
        }

        return false;
    }

    private void PushCall(CallMachine machine, char character)
    {
        _raw.Append(character);
        _spoke = _ended = false;
        var status = machine.Push(character);
        if (status == CallStatus.Failed && _believed)
        {
            Break();
        }
        else if (status == CallStatus.Failed)
        {
            GiveBack();
        }
        else if (status == CallStatus.Done)
        {
            EndMachine();
        }
        else if (_ended)
        {
            Release();
            _raw.Clear();
            _believed = false;
        }
        else if (_spoke && (_believed || (((_isKnown && _argumentLength > 1) || _raw.Length >= HoldLength) && CallCount < _startedCount)))
        {
            _believed = true;
            Release();
            _raw.Remove(0, _raw.Length - machine.HeldLength);
        }
        else if (_raw.Length >= MostHeld)
        {
            if (_believed)
                Break();
            else
                GiveBack();
        }
    }

    private void EndMachine()
    {
        Release();
        _raw.Clear();
        _machine = null;
        _broken = null;
        _believed = false;
        _contentSinceCall = false;
    }

    // What the model has said cannot be taken back: the call goes on as it is written, up to where such calls end.
    private void Break()
    {
        Release();
        _broken = new BrokenCall(syntax.Closings, _argumentsOver);
        var text = _raw.ToString();
        _raw.Clear();
        foreach (var character in text)
            Push(character);
    }

    private void PushBroken(BrokenCall broken, char character)
    {
        var step = broken.Push(character);
        if (step.Arguments.Length > 0)
            _output.Add(ToolDeltaKind.Arguments, CallCount - 1, step.Arguments);
        if (!step.Ended)
            return;
        EndMachine();
        foreach (var rest in step.Rest)
            Push(rest);
    }

    // What was read is no call, and all of it is content, which may hold another marker.
    private void GiveBack()
    {
        var text = _raw.ToString();
        var rescan = text.Length <= LongestRescan;
        _raw.Clear();
        _machine = null;
        _unreleased.Clear();
        _startedCount = CallCount;
        var plain = rescan ? Math.Min(text.Length - text.AsSpan().TrimStart().Length + 1, text.Length) : text.Length;
        Content(text.AsSpan(0, plain));
        foreach (var character in text.AsSpan(plain))
            Push(character);
    }

    private void Release()
    {
        _unreleased.MoveTo(_output);
        CallCount = _startedCount;
        _contentSinceCall = false;
    }

    private void Content(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        _anyContent = _contentSinceCall = true;
        _output.Add(ToolDeltaKind.Content, 0, text);
    }
}
