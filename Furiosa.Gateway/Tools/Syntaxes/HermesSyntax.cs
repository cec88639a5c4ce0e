namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary><c>&lt;tool_call&gt;{"name": "...", "arguments": {...}}&lt;/tool_call&gt;</c>: Hermes, Qwen 2.5 and 3, and the bundled model.</summary>
internal sealed class HermesSyntax : ToolCallSyntax
{
    private static readonly string[] Tags = ["<tool_call>"];

    public override IReadOnlyList<string> Closings { get; } = ["</tool_call>"];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) => Tags;

    public override CallMachine Begin(string marker, ICallSink calls) => new Machine(calls);

    private sealed class Machine(ICallSink calls) : CallMachine
    {
        private readonly JsonCallObject _call = new(calls, name => name.Length > 0, strictKeys: false);
        private readonly Literal _tail = new("</tool_call>");
        private bool _complete;

        public override CallStatus Push(char character)
        {
            if (_complete)
                return _tail.Push(character);
            var status = _call.Push(character);
            _complete = status == CallStatus.Done;
            return _complete ? CallStatus.More : status;
        }

        public override bool Finish() => _complete;
    }
}
