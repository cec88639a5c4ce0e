namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>How a family of models writes calls as JSON objects after a mark, one by one or as one list.</summary>
/// <param name="Parser">The name of its parser.</param>
/// <param name="Marks">What may begin the calls.</param>
/// <param name="End">What ends them; empty for the JSON's own end.</param>
/// <param name="NameKey">The key of a function's name.</param>
/// <param name="ArgumentsKey">The key of its arguments.</param>
internal sealed record JsonCalls(string Parser, IReadOnlyList<string> Marks, string End, string NameKey = "name", string ArgumentsKey = "arguments")
{
    /// <summary>Whether the calls are one list.</summary>
    public bool IsList { get; init; } = true;

    /// <summary>What stands in a call before its name, as a regular expression.</summary>
    public string Before { get; init; } = "";

    /// <summary>Command R7B and A.</summary>
    public static JsonCalls Cohere { get; } = new("cohere", ["<|START_ACTION|>"], "<|END_ACTION|>", "tool_name", "parameters") { Before = "\"tool_call_id\": \"[0-9]{1,3}\", " };

    /// <summary>Granite 3.</summary>
    public static JsonCalls Granite { get; } = new("granite", ["<|tool_call|>", "<tool_call>"], "");

    /// <summary>Firefunction, Phi 4 mini.</summary>
    public static JsonCalls Functools { get; } = new("functools", ["functools"], "");

    /// <summary>MiniMax M1, Jamba, Hunyuan, Apriel.</summary>
    public static JsonCalls ToolCalls { get; } = new("tool_calls", ["<tool_calls>"], "</tool_calls>");

    /// <summary>Nemotron Nano 2.</summary>
    public static JsonCalls Nemotron { get; } = new("nemotron_json", ["<TOOLCALL>"], "</TOOLCALL>");

    /// <summary>GigaChat 3: the call as a message of its own, or after a mark of its own.</summary>
    public static JsonCalls GigaChat { get; } = new("gigachat3", ["<|function_call|>", "function call<|role_sep|>", "<|message_sep|>\n\nfunction call<|role_sep|>"], "") { IsList = false };

    /// <summary>InternLM 2.5 and 3.</summary>
    public static JsonCalls InternLm { get; } = new("internlm", ["<|action_start|><|plugin|>"], "<|action_end|>", ArgumentsKey: "parameters") { IsList = false };

    /// <summary>The special tokens that the marks may be made of, seen by the parser or not.</summary>
    public IReadOnlyList<string> Tokens => Parser == "gigachat3" ? [.. SpecialMarks, "<|message_sep|>"] : SpecialMarks;

    /// <summary>The marks that may be special tokens.</summary>
    public IReadOnlyList<string> SpecialMarks { get; } = Parser switch
    {
        "gigachat3" => ["<|function_call|>", "<|role_sep|>"],
        "internlm" => ["<|action_start|>", "<|plugin|>", "<|action_end|>"],
        "functools" => [],
        _ => End.Length > 0 ? [.. Marks, End] : Marks,
    };
}
