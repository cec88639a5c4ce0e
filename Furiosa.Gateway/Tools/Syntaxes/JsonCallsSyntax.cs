namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Reads <see cref="JsonCalls"/>, whichever of a list and objects one by one the model writes.</summary>
internal sealed class JsonCallsSyntax(JsonCalls calls) : ToolCallSyntax
{
    public override IReadOnlyList<string> SpecialMarks => calls.SpecialMarks;

    public override IReadOnlyList<string> Closings { get; } = calls.End.Length > 0 ? [calls.End] : [];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => calls.Marks;

    public override CallMachine Begin(string marker, ICallSink sink) => new Machine(calls, sink);

    private sealed class Machine(JsonCalls calls, ICallSink sink) : CallMachine
    {
        private readonly Literal? _tail = calls.End.Length > 0 ? new Literal(calls.End) : null;
        private JsonCallObject? _call;
        private Place _place = Place.Open;
        private bool _isList;

        private enum Place { Open, Item, InObject, AfterItem, Tail }

        public override CallStatus Push(char character)
        {
            if (_place == Place.InObject)
                return InObject(character);
            if (char.IsWhiteSpace(character))
                return CallStatus.More;
            switch (_place)
            {
                case Place.Open when character == '[' && calls.IsList:
                    _isList = true;
                    return Go(Place.Item);
                case Place.AfterItem when character == ',' && _isList:
                    return Go(Place.Item);
                case Place.Item when character == '{':
                case Place.Open when character == '{' && MayStandAlone:
                case Place.AfterItem when character == '{' && !_isList:
                    _call = new JsonCallObject(sink, name => name.Length > 0, strictKeys: false, calls.NameKey);
                    Go(Place.InObject);
                    return InObject(character);
                case Place.AfterItem when character == ']' && _isList:
                    return _tail == null ? CallStatus.Done : Go(Place.Tail);
                case Place.AfterItem when !_isList:
                case Place.Tail:
                    Go(Place.Tail);
                    return _tail!.Push(character);
                default:
                    return CallStatus.Failed;
            }
        }

        // Where nothing ends the calls, only a list says that there are more.
        private bool MayStandAlone => !calls.IsList || _tail != null;

        public override bool Finish() => _place is Place.AfterItem or Place.Tail;

        private CallStatus InObject(char character)
        {
            var status = _call!.Push(character);
            if (status != CallStatus.Done)
                return status;
            if (_tail == null && !_isList)
                return CallStatus.Done;
            sink.End();
            return Go(Place.AfterItem);
        }

        private CallStatus Go(Place place)
        {
            _place = place;
            return CallStatus.More;
        }
    }
}
