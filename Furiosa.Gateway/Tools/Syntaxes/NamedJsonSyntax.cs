using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Reads <see cref="NamedJsonCalls"/>.</summary>
internal sealed class NamedJsonSyntax(NamedJsonCalls marks) : ToolCallSyntax
{
    // Models forget the mark of the section, never that of the call.
    private readonly string[] _markers = marks.Section.Length == 0 ? [marks.Call] : [marks.Section, marks.Call];

    public override IReadOnlyList<string> SpecialMarks => marks.SpecialMarks;

    public override IReadOnlyList<string> Closings { get; } = [.. new[] { marks.SectionEnd, marks.CallEnd }.Where(mark => mark.Length > 0)];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => _markers;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(marks, calls, inSection: marks.Section.Length > 0 && marker == marks.Section);

    private sealed class Machine(NamedJsonCalls marks, ICallSink calls, bool inSection) : CallMachine
    {
        private const int LongestHead = 256;

        private readonly StringBuilder _text = new();
        private JsonValueScanner _arguments = new();
        private Literal? _tail;
        private Place _place = inSection ? Place.BetweenCalls : Place.Head;
        private bool _any;

        private enum Place { BetweenCalls, Head, Arguments, Tail }

        public override CallStatus Push(char character) => _place switch
        {
            Place.BetweenCalls => InSection(character),
            Place.Head => InHead(character),
            Place.Arguments => InArguments(character),
            _ => InTail(character),
        };

        public override bool Finish() => _place == Place.Tail || (_place == Place.BetweenCalls && _any && _text.Length == 0);

        private CallStatus InSection(char character)
        {
            if (_text.Length == 0 && char.IsWhiteSpace(character))
                return CallStatus.More;
            var text = _text.Append(character).ToString();
            if (text == marks.SectionEnd)
                return _any ? CallStatus.Done : CallStatus.Failed;
            if (text == marks.Call)
                return Go(Place.Head);
            return marks.Call.StartsWith(text, StringComparison.Ordinal) || marks.SectionEnd.StartsWith(text, StringComparison.Ordinal) ? CallStatus.More : CallStatus.Failed;
        }

        private CallStatus InHead(char character)
        {
            var text = _text.Append(character).ToString();
            if (!text.EndsWith(marks.ArgumentsBegin, StringComparison.Ordinal))
                return text.Length <= LongestHead ? CallStatus.More : CallStatus.Failed;
            if (marks.NameOf(text[..^marks.ArgumentsBegin.Length]) is not { } name)
                return CallStatus.Failed;
            calls.Start(name);
            _arguments = new JsonValueScanner();
            return Go(Place.Arguments);
        }

        private CallStatus InArguments(char character)
        {
            if (_text.Length == 0 && char.IsWhiteSpace(character))
                return CallStatus.More;
            if (_text.Length == 0 && character != '{')
                return CallStatus.Failed;
            if (_text.Length == 0)
                _text.Append(character);
            var step = _arguments.Push(character);
            if (step is JsonStep.Invalid or JsonStep.EndBefore)
                return CallStatus.Failed;
            calls.Arguments([character]);
            if (step != JsonStep.End)
                return CallStatus.More;
            if (marks.CallEnd.Length == 0)
                return CallStatus.Done;
            _tail = new Literal(marks.CallEnd);
            return Go(Place.Tail);
        }

        private CallStatus InTail(char character)
        {
            var status = _tail!.Push(character);
            if (status != CallStatus.Done || !inSection)
                return status;
            calls.End();
            _any = true;
            return Go(Place.BetweenCalls);
        }

        private CallStatus Go(Place place)
        {
            _text.Clear();
            _place = place;
            return CallStatus.More;
        }
    }
}
