using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// Calls between <c>&lt;｜tool▁calls▁begin｜&gt;</c> and <c>&lt;｜tool▁calls▁end｜&gt;</c>, each <c>type&lt;｜tool▁sep｜&gt;name</c> and
/// arguments in a fenced block (DeepSeek V3 and R1), or <c>name&lt;｜tool▁sep｜&gt;{...}</c> (V3.1).
/// </summary>
internal sealed class DeepSeekV3Syntax : ToolCallSyntax
{
    private const string Begins = "<｜tool▁call▁begin｜>";
    private const string Separator = "<｜tool▁sep｜>";
    private const string Ends = "<｜tool▁call▁end｜>";
    private const string AllEnd = "<｜tool▁calls▁end｜>";

    private static readonly string[] Tags = ["<｜tool▁calls▁begin｜>"];

    public override IReadOnlyList<string> SpecialMarks { get; } = ["<｜tool▁calls▁begin｜>", Begins, Separator, Ends, AllEnd];

    public override IReadOnlyList<string> Closings { get; } = [AllEnd];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => Tags;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(calls);

    private sealed class Machine(ICallSink calls) : CallMachine
    {
        private const int LongestHead = 256;

        private readonly StringBuilder _text = new();
        private readonly BetweenCalls _between = new(Begins, AllEnd, calls);
        private ArgumentsObject _arguments = new(calls);
        private Literal _literal = new(Begins);
        private Place _place = Place.Between;
        private string _head = "";
        private bool _fenced;

        private enum Place { Between, Head, AfterSeparator, Name, Fence, Arguments, Tail }

        public override CallStatus Push(char character) => _place switch
        {
            Place.Between => _between.Push(character, () => Go(Place.Head)),
            Place.Head => InHead(character),
            Place.AfterSeparator when character == '{' => Start(_head, character, fenced: false),
            Place.AfterSeparator or Place.Name => InName(character),
            Place.Fence => InFence(character),
            Place.Arguments => InArguments(character),
            _ => InTail(character),
        };

        public override bool Finish() => _place == Place.Between && _between.MayEnd;

        private CallStatus InHead(char character)
        {
            var text = _text.Append(character).ToString();
            if (!text.EndsWith(Separator, StringComparison.Ordinal))
                return text.Length <= LongestHead ? CallStatus.More : CallStatus.Failed;
            _head = text[..^Separator.Length].Trim();
            return _head.Length == 0 ? CallStatus.Failed : Go(Place.AfterSeparator);
        }

        private CallStatus InName(char character)
        {
            _place = Place.Name;
            if (character != '\n')
                return _text.Append(character).Length <= LongestHead ? CallStatus.More : CallStatus.Failed;
            _head = _text.ToString().Trim();
            _literal = new Literal("```json\n");
            return _head.Length == 0 ? CallStatus.Failed : Go(Place.Fence);
        }

        private CallStatus InFence(char character)
        {
            var status = _literal.Push(character);
            return status == CallStatus.Done ? Start(_head, null, fenced: true) : status;
        }

        private CallStatus Start(string name, char? first, bool fenced)
        {
            if (name.Any(char.IsControl))
                return CallStatus.Failed;
            calls.Start(name);
            _fenced = fenced;
            _arguments = new ArgumentsObject(calls);
            Go(Place.Arguments);
            return first is { } character ? InArguments(character) : CallStatus.More;
        }

        private CallStatus InArguments(char character)
        {
            var status = _arguments.Push(character);
            if (status != CallStatus.Done)
                return status;
            _literal = new Literal(_fenced ? "```" + Ends : Ends);
            return Go(Place.Tail);
        }

        private CallStatus InTail(char character)
        {
            var status = _literal.Push(character);
            if (status != CallStatus.Done)
                return status;
            _between.EndCall();
            return Go(Place.Between);
        }

        private CallStatus Go(Place place)
        {
            _text.Clear();
            _place = place;
            return CallStatus.More;
        }
    }
}
