using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// <c>&lt;tool_call&gt;&lt;function=NAME&gt;&lt;parameter=KEY&gt;value&lt;/parameter&gt;...&lt;/function&gt;&lt;/tool_call&gt;</c> (Qwen3-Coder, Nemotron),
/// the outer tag sometimes forgotten. Values are plain text; the tool's schema says what they become in JSON.
/// </summary>
internal sealed class Qwen3XmlSyntax(ToolSchemas tools) : ToolCallSyntax
{
    private const string Wrapped = "<tool_call>";
    private const string Function = "<function=";
    private const string Parameter = "<parameter=";

    private static readonly string[] Tags = [Wrapped, Function];

    public override IReadOnlyList<string> Closings { get; } = ["</tool_call>", "</function>"];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => Tags;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(tools, calls, marker == Wrapped);

    private sealed class Machine(ToolSchemas tools, ICallSink calls, bool wrapped) : CallMachine
    {
        private const int LongestName = 256;

        private readonly StringBuilder _text = new();
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private readonly Literal _head = new(Function);
        private readonly Literal _tail = new("</tool_call>");
        private Place _place = wrapped ? Place.Head : Place.Name;
        private XmlParameterValue? _value;
        private string _function = "";

        private enum Place { Head, Name, Between, Key, Value, Tail }

        public override int HeldLength => _value?.HeldLength ?? 0;

        public override CallStatus Push(char character)
        {
            switch (_place)
            {
                case Place.Head:
                    var head = _head.Push(character);
                    return head == CallStatus.Done ? Go(Place.Name) : head;
                case Place.Name:
                    return character == '>' ? EndName() : Collect(character);
                case Place.Between:
                    return InBetween(character);
                case Place.Key:
                    return character == '>' ? EndKey() : Collect(character);
                case Place.Value:
                    return InValue(character);
                default:
                    return _tail.Push(character);
            }
        }

        public override bool Finish() => _place == Place.Tail;

        private CallStatus Collect(char character) =>
            char.IsControl(character) || _text.Append(character).Length > LongestName ? CallStatus.Failed : CallStatus.More;

        private CallStatus EndName()
        {
            _function = _text.ToString().Trim();
            if (_function.Length == 0)
                return CallStatus.Failed;
            calls.Start(_function);
            calls.Arguments("{");
            return Go(Place.Between);
        }

        private CallStatus InBetween(char character)
        {
            const string end = "</function>";
            if (_text.Length == 0 && char.IsWhiteSpace(character))
                return CallStatus.More;
            var text = _text.Append(character).ToString();
            if (text == Parameter)
                return Go(Place.Key);
            if (text != end)
            {
                return Parameter.StartsWith(text, StringComparison.Ordinal) || end.StartsWith(text, StringComparison.Ordinal)
                    ? CallStatus.More : CallStatus.Failed;
            }

            calls.Arguments("}");
            Go(Place.Tail);
            return wrapped ? CallStatus.More : CallStatus.Done;
        }

        private CallStatus EndKey()
        {
            var key = _text.ToString().Trim();
            if (key.Length == 0 || !_seen.Add(key))
                return CallStatus.Failed;
            calls.Arguments($"{(_seen.Count > 1 ? ", " : "")}{JsonString.Quote(key)}: ");
            _value = new XmlParameterValue(tools.ParameterTypes(_function, key), calls);
            return Go(Place.Value);
        }

        private CallStatus InValue(char character)
        {
            if (!_value!.Push(character))
                return CallStatus.More;
            _value = null;
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
