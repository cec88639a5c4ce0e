namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// <c>&lt;|START_ACTION|&gt;[{"tool_call_id": "0", "tool_name": "f", "parameters": {...}}, ...]&lt;|END_ACTION|&gt;</c>: Command R7B and A.
/// </summary>
internal sealed class CohereSyntax : ToolCallSyntax
{
    private const string Ends = "<|END_ACTION|>";

    private static readonly string[] Tags = ["<|START_ACTION|>"];

    public override IReadOnlyList<string> SpecialMarks { get; } = ["<|START_ACTION|>", Ends];

    public override IReadOnlyList<string> Closings { get; } = [Ends];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => Tags;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(calls);

    private sealed class Machine(ICallSink calls) : CallMachine
    {
        private readonly Literal _tail = new(Ends);
        private JsonCallObject? _call;
        private Place _place = Place.Open;

        private enum Place { Open, Item, InObject, AfterItem, Tail }

        public override CallStatus Push(char character)
        {
            if (_place == Place.InObject)
                return InObject(character);
            if (char.IsWhiteSpace(character))
                return CallStatus.More;
            switch (_place)
            {
                case Place.Open when character == '[':
                case Place.AfterItem when character == ',':
                    return Go(Place.Item);
                case Place.Item when character == '{':
                    _call = new JsonCallObject(calls, name => name.Length > 0, strictKeys: false, nameKey: "tool_name");
                    Go(Place.InObject);
                    return InObject(character);
                case Place.AfterItem when character == ']':
                    return Go(Place.Tail);
                case Place.Tail:
                    return _tail.Push(character);
                default:
                    return CallStatus.Failed;
            }
        }

        public override bool Finish() => _place is Place.AfterItem or Place.Tail;

        private CallStatus InObject(char character)
        {
            var status = _call!.Push(character);
            if (status != CallStatus.Done)
                return status;
            calls.End();
            return Go(Place.AfterItem);
        }

        private CallStatus Go(Place place)
        {
            _place = place;
            return CallStatus.More;
        }
    }
}
