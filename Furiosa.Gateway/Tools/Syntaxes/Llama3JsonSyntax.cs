namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>
/// <c>{"name": "...", "parameters": {...}}</c> as the whole answer, several put apart by <c>;</c>, each perhaps after
/// <c>&lt;|python_tag|&gt;</c>: Llama 3.1 to 3.3. Nothing marks it, so only a name among the request's tools makes an object a call.
/// </summary>
internal sealed class Llama3JsonSyntax(ToolSchemas tools) : ToolCallSyntax
{
    private const string PythonTag = "<|python_tag|>";

    private static readonly string[] AtStart = ["{", PythonTag];
    private static readonly string[] AfterCall = ["{", ";", PythonTag];
    private static readonly string[] AfterContent = [PythonTag];

    public override IReadOnlyList<string> SpecialMarks { get; } = ["<|python_tag|>"];

    public override IReadOnlyList<string> Markers(bool atStart, int callCount) =>
        !atStart ? AfterContent : callCount == 0 ? AtStart : AfterCall;

    public override CallMachine Begin(string marker, ICallSink calls)
    {
        var machine = new Machine(new JsonCallObject(calls, tools.Contains, strictKeys: true));
        if (marker == "{")
            machine.Push('{');
        return machine;
    }

    private sealed class Machine(JsonCallObject call) : CallMachine
    {
        public override CallStatus Push(char character) => call.Push(character);
    }
}
