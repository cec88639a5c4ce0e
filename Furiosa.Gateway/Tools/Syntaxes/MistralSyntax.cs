using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// <c>[TOOL_CALLS] [{"name": "...", "arguments": {...}}, ...]</c> (the older models) and <c>[TOOL_CALLS]name{...}</c>, with
/// <c>[CALL_ID]...</c> and <c>[ARGS]</c> between name and arguments in some (the newer ones).
/// </summary>
internal sealed class MistralSyntax : ToolCallSyntax
{
    private static readonly string[] Tags = ["[TOOL_CALLS]"];

    public override IReadOnlyList<string> SpecialMarks { get; } = ["[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => Tags;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(calls);

    private sealed class Machine(ICallSink calls) : CallMachine
    {
        private const int LongestHead = 256;

        private readonly StringBuilder _head = new();
        private readonly ArgumentsObject _arguments = new(calls);
        private JsonCallObject? _call;
        private Place _place = Place.Open;
        private bool _list;

        private enum Place { Open, Item, InObject, AfterItem, Head, Arguments }

        public override CallStatus Push(char character)
        {
            if (_place == Place.InObject)
                return InObject(character);
            if (_place == Place.Arguments)
                return _arguments.Push(character);
            if (char.IsWhiteSpace(character) && _place != Place.Head)
                return CallStatus.More;
            switch (_place)
            {
                case Place.Open when character == '[':
                    _list = true;
                    _place = Place.Item;
                    return CallStatus.More;
                case Place.Open or Place.Item when character == '{':
                    _call = new JsonCallObject(calls, name => name.Length > 0, strictKeys: false);
                    _place = Place.InObject;
                    return InObject(character);
                case Place.Open or Place.Head:
                    _place = Place.Head;
                    return InHead(character);
                case Place.AfterItem when character == ',':
                    _place = Place.Item;
                    return CallStatus.More;
                case Place.AfterItem when character == ']':
                    return CallStatus.Done;
                default:
                    return CallStatus.Failed;
            }
        }

        public override bool Finish() => _place == Place.AfterItem;

        private CallStatus InObject(char character)
        {
            var status = _call!.Push(character);
            if (status != CallStatus.Done)
                return status;
            calls.End();
            _place = Place.AfterItem;
            return _list ? CallStatus.More : CallStatus.Done;
        }

        private CallStatus InHead(char character)
        {
            if (character != '{')
                return _head.Append(character).Length <= LongestHead ? CallStatus.More : CallStatus.Failed;
            var head = _head.ToString().Trim();
            if (head.EndsWith("[ARGS]", StringComparison.Ordinal))
                head = head[..^"[ARGS]".Length];
            var identified = head.IndexOf("[CALL_ID]", StringComparison.Ordinal);
            var name = (identified < 0 ? head : head[..identified]).Trim();
            if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || "_-.:/".Contains(letter)))
                return CallStatus.Failed;
            calls.Start(name);
            _place = Place.Arguments;
            return _arguments.Push(character);
        }
    }
}
