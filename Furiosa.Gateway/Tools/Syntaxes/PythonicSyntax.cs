using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// <c>[name(key=value, ...), ...]</c> in Python's notation as the whole answer (Llama 3.2 and 4), or between
/// <c>&lt;|python_start|&gt;</c> or <c>&lt;|tool_call_start|&gt;</c> and their ends. Without marks, only names among the request's tools count.
/// </summary>
internal sealed class PythonicSyntax(ToolSchemas tools) : ToolCallSyntax
{
    private static readonly string[] Anywhere = ["<|python_start|>", "<|tool_call_start|>"];
    private static readonly string[] AtStart = ["[", .. Anywhere];

    public override IReadOnlyList<string> SpecialMarks { get; } = ["<|python_start|>", "<|python_end|>", "<|tool_call_start|>", "<|tool_call_end|>"];

    public override IReadOnlyList<string> Closings { get; } = ["<|python_end|>", "<|tool_call_end|>"];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => atStart ? AtStart : Anywhere;

    public override CallMachine Begin(string marker, ICallSink calls) => marker == "["
        ? new Machine(calls, tools.Contains, null)
        : new Machine(calls, name => name.Length > 0, marker.Replace("start", "end", StringComparison.Ordinal));

    private sealed class Machine(ICallSink calls, Func<string, bool> isName, string? closing) : CallMachine
    {
        private const int LongestName = 256;

        private readonly StringBuilder _text = new();
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private readonly Literal _tail = new(closing ?? "]");
        private PythonLiteral? _value;
        private Place _place = closing == null ? Place.NameStart : Place.Open;

        private enum Place { Open, NameStart, Name, ArgumentOrEnd, Key, Value, CommaOrEnd, NextOrEnd, Tail }

        public override int HeldLength => _value?.HeldLength ?? 0;

        public override CallStatus Push(char character)
        {
            if (_place == Place.Value)
                return InValue(character);
            if (_place == Place.Tail)
                return _tail.Push(character);
            if (char.IsWhiteSpace(character))
                return CallStatus.More;
            switch (_place)
            {
                case Place.Open:
                    return Go(Place.NameStart, character == '[');
                case Place.NameStart or Place.Name:
                    return character == '(' ? EndName() : Collect(character, Place.Name);
                case Place.ArgumentOrEnd or Place.CommaOrEnd when character == ')':
                    calls.Arguments("}");
                    calls.End();
                    return Go(Place.NextOrEnd, true);
                case Place.ArgumentOrEnd or Place.Key:
                    return character == '=' ? EndKey() : Collect(character, Place.Key);
                case Place.CommaOrEnd:
                    return Go(Place.ArgumentOrEnd, character == ',');
                case Place.NextOrEnd when character == ']':
                    return closing == null ? CallStatus.Done : Go(Place.Tail, true);
                default:
                    return Go(Place.NameStart, character == ',');
            }
        }

        public override bool Finish() => _place is Place.Tail or Place.NextOrEnd;

        private CallStatus Collect(char character, Place place)
        {
            var allowed = char.IsAsciiLetter(character) || character == '_' || (_text.Length > 0 && (char.IsAsciiDigit(character) || character is '.' or '-'));
            _text.Append(character);
            _place = place;
            return allowed && _text.Length <= LongestName ? CallStatus.More : CallStatus.Failed;
        }

        private CallStatus EndName()
        {
            var name = _text.ToString();
            if (name.Length == 0 || !isName(name))
                return CallStatus.Failed;
            calls.Start(name);
            calls.Arguments("{");
            _seen.Clear();
            return Go(Place.ArgumentOrEnd, true);
        }

        private CallStatus EndKey()
        {
            var key = _text.ToString();
            if (key.Length == 0 || !_seen.Add(key))
                return CallStatus.Failed;
            calls.Arguments($"{(_seen.Count > 1 ? ", " : "")}{JsonString.Quote(key)}: ");
            _value = new PythonLiteral(json => calls.Arguments(json));
            return Go(Place.Value, true);
        }

        private CallStatus InValue(char character)
        {
            var step = _value!.Push(character);
            if (step == JsonStep.More)
                return CallStatus.More;
            _value = null;
            Go(Place.CommaOrEnd, true);
            return step switch
            {
                JsonStep.End => CallStatus.More,
                JsonStep.EndBefore => Push(character),
                _ => CallStatus.Failed,
            };
        }

        private CallStatus Go(Place place, bool allowed)
        {
            _text.Clear();
            _place = place;
            return allowed ? CallStatus.More : CallStatus.Failed;
        }
    }
}
