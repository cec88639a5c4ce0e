namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>How a family of models writes calls whose arguments stand one by one between marks, their values as plain text.</summary>
/// <param name="Parser">The name of its parser.</param>
/// <param name="Call">Begins a call; the function's name follows.</param>
/// <param name="HeadEnd">Ends the tag with the name; empty where the name goes on to the next mark.</param>
/// <param name="Argument">Begins an argument; its name follows.</param>
/// <param name="KeyEnd">Stands between an argument's name and its value.</param>
/// <param name="ValueEnd">Ends a value; <c>{key}</c> in it is the argument's name.</param>
/// <param name="CallEnd">Ends a call.</param>
internal sealed record MarkedCalls(string Parser, string Call, string HeadEnd, string Argument, string KeyEnd, string ValueEnd, string CallEnd)
{
    /// <summary>Stands before all calls; empty where nothing does.</summary>
    public string Section { get; init; } = "";

    /// <summary>Stands after all calls.</summary>
    public string SectionEnd { get; init; } = "";

    /// <summary>Whether models forget the section's marks.</summary>
    public bool MayLackSection { get; init; }

    /// <summary>Ends a tag that has more in it than a name: names stand in quotes, and attributes may follow them. Empty where there is none.</summary>
    public string TagEnd { get; init; } = "";

    /// <summary>What may stand between a function's name and that end, as a regular expression; for grammars.</summary>
    public string HeadPattern { get; init; } = "";

    /// <summary>The attribute of an argument's tag that says whether the value is a string, as the value has it; empty where there is none.</summary>
    public string StringAttribute { get; init; } = "";

    /// <summary>The same attribute of a value that is JSON.</summary>
    public string JsonAttribute { get; init; } = "";

    /// <summary>Whether an end of line on either side of a value is no part of it.</summary>
    public bool TrimsLines { get; init; }

    /// <summary>Begins each tag inside a value that is written as nested tags; empty where such values are JSON.</summary>
    public string NestedTag { get; init; } = "";

    /// <summary>What the template writes after a tag with a name, after an argument, and between calls; for grammars.</summary>
    public (string Head, string Argument, string Call) Lines { get; init; } = ("", "", "");

    /// <summary>Qwen3-Coder, Nemotron 3, StepFun 3.5.</summary>
    public static MarkedCalls Qwen3 { get; } = new("qwen3_xml", "<function=", ">", "<parameter=", ">", "</parameter>", "</function>")
    {
        Section = "<tool_call>", SectionEnd = "</tool_call>", MayLackSection = true, TrimsLines = true, Lines = ("\n", "\n", "\n"),
    };

    /// <summary>Seed-OSS.</summary>
    public static MarkedCalls SeedOss { get; } = Qwen3 with { Parser = "seed_oss", Section = "<seed:tool_call>", SectionEnd = "</seed:tool_call>", TrimsLines = false };

    /// <summary>GLM 4.5 to 4.7, Laguna.</summary>
    public static MarkedCalls Glm { get; } = new("glm45", "<tool_call>", "", "<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>", "</tool_call>") { Lines = ("\n", "\n", "\n") };

    /// <summary>MiniMax M2.</summary>
    public static MarkedCalls MiniMaxM2 { get; } = new("minimax_m2", "<invoke name=\"", "\"", "<parameter name=\"", "\"", "</parameter>", "</invoke>")
    {
        Section = "<minimax:tool_call>", SectionEnd = "</minimax:tool_call>", TagEnd = ">", Lines = ("\n", "\n", "\n"),
    };

    /// <summary>MiniMax M3: a tag of its own for each argument, and objects and lists as tags within.</summary>
    public static MarkedCalls MiniMaxM3 { get; } = new("minimax_m3", "]<]minimax[>[<invoke name=\"", "\"", "]<]minimax[>[<", ">", "]<]minimax[>[</{key}>", "]<]minimax[>[</invoke>")
    {
        Section = "]<]minimax[>[<tool_call>", SectionEnd = "]<]minimax[>[</tool_call>", TagEnd = ">", NestedTag = "]<]minimax[>[", Lines = ("", "", "\n"),
    };

    /// <summary>Muse.</summary>
    public static MarkedCalls Atem { get; } = new("atem", "<atem:invoke name=\"", "\"", "<atem:parameter name=\"", "\"", "</atem:parameter>", "</atem:invoke>")
    {
        Section = "<atem:function_calls>", SectionEnd = "</atem:function_calls>", TagEnd = ">", Lines = ("\n", "\n", "\n"),
    };

    /// <summary>DeepSeek V3.2.</summary>
    public static MarkedCalls DeepSeekV32 { get; } = new("deepseek_v32", "<｜DSML｜invoke name=\"", "\"", "<｜DSML｜parameter name=\"", "\"", "</｜DSML｜parameter>", "</｜DSML｜invoke>")
    {
        Section = "<｜DSML｜function_calls>", SectionEnd = "</｜DSML｜function_calls>", TagEnd = ">", StringAttribute = " string=\"true\"", JsonAttribute = " string=\"false\"", Lines = ("\n", "\n", "\n"),
    };

    /// <summary>Kimi K3.</summary>
    public static MarkedCalls KimiK3 { get; } = new("kimi_k3", "<|open|>call tool=\"", "\"", "<|open|>argument key=\"", "\"", "<|close|>argument<|sep|>", "<|close|>call<|sep|>")
    {
        Section = "<|open|>tools<|sep|>", SectionEnd = "<|close|>tools<|sep|>", TagEnd = "<|sep|>", HeadPattern = "( index=\"[1-9][0-9]?\")?", StringAttribute = " type=\"string\"", JsonAttribute = " type=\"(?:number|boolean|null|object|array)\"",
    };

    /// <summary>The special tokens that may be among its marks.</summary>
    public IReadOnlyList<string> SpecialMarks => Parser switch
    {
        "glm45" => ["<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"],
        "kimi_k3" => ["<|open|>", "<|close|>", "<|sep|>"],
        "minimax_m3" => ["]<]minimax[>[", "<tool_call>", "</tool_call>"],
        "deepseek_v32" => ["｜DSML｜"],
        _ => [Section, SectionEnd],
    };
}
