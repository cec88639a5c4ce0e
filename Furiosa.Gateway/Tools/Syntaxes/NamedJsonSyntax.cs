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
        private readonly BetweenCalls _between = new(marks.Call, marks.SectionEnd, calls);
        private ArgumentsObject _arguments = new(calls);
        private Literal? _tail;
        private Place _place = inSection ? Place.BetweenCalls : Place.Head;

        private enum Place { BetweenCalls, Head, Arguments, Tail }

        public override CallStatus Push(char character) => _place switch
        {
            Place.BetweenCalls => _between.Push(character, () => Go(Place.Head)),
            Place.Head => InHead(character),
            Place.Arguments => InArguments(character),
            _ => InTail(character),
        };

        public override bool Finish() => _place == Place.Tail || (_place == Place.BetweenCalls && _between.MayEnd);

        private CallStatus InHead(char character)
        {
            var text = _text.Append(character).ToString();
            if (!text.EndsWith(marks.ArgumentsBegin, StringComparison.Ordinal))
                return text.Length <= LongestHead ? CallStatus.More : CallStatus.Failed;
            if (marks.NameOf(text[..^marks.ArgumentsBegin.Length]) is not { } name)
                return CallStatus.Failed;
            calls.Start(name);
            _arguments = new ArgumentsObject(calls);
            return Go(Place.Arguments);
        }

        private CallStatus InArguments(char character)
        {
            var status = _arguments.Push(character);
            if (status != CallStatus.Done || marks.CallEnd.Length == 0)
                return status;
            _tail = new Literal(marks.CallEnd);
            return Go(Place.Tail);
        }

        private CallStatus InTail(char character)
        {
            var status = _tail!.Push(character);
            if (status != CallStatus.Done || !inSection)
                return status;
            _between.EndCall();
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
