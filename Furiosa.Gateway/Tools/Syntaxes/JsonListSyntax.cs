namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// Calls as one JSON list after a mark: <c>&lt;|START_ACTION|&gt;[{"tool_call_id": "0", "tool_name": "f", "parameters": {...}}]&lt;|END_ACTION|&gt;</c>
/// (Command R7B and A), <c>&lt;|tool_call|&gt;[{"name": "f", "arguments": {...}}]</c> (Granite 3).
/// </summary>
/// <param name="marks">What may begin the calls.</param>
/// <param name="end">What ends them; empty for the list's own end.</param>
/// <param name="nameKey">The key of a function's name.</param>
internal sealed class JsonListSyntax(IReadOnlyList<string> marks, string end, string nameKey) : ToolCallSyntax
{
    public static JsonListSyntax Cohere() => new(["<|START_ACTION|>"], "<|END_ACTION|>", "tool_name");

    public static JsonListSyntax Granite() => new(["<|tool_call|>", "<tool_call>"], "", "name");

    public override IReadOnlyList<string> SpecialMarks { get; } = end.Length > 0 ? [.. marks, end] : marks;

    public override IReadOnlyList<string> Closings { get; } = end.Length > 0 ? [end] : [];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => marks;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(end, nameKey, calls);

    private sealed class Machine(string end, string nameKey, ICallSink calls) : CallMachine
    {
        private readonly Literal? _tail = end.Length > 0 ? new Literal(end) : null;
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
                    _call = new JsonCallObject(calls, name => name.Length > 0, strictKeys: false, nameKey);
                    Go(Place.InObject);
                    return InObject(character);
                case Place.AfterItem when character == ']':
                    return _tail == null ? CallStatus.Done : Go(Place.Tail);
                case Place.Tail:
                    return _tail!.Push(character);
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
