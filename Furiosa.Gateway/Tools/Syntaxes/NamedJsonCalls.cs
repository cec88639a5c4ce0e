namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>How a family of models writes calls of a head, in which the name stands, and arguments as one JSON object.</summary>
/// <param name="Parser">The name of its parser.</param>
/// <param name="Call">Begins a call.</param>
/// <param name="ArgumentsBegin">Stands between a call's head and its arguments.</param>
/// <param name="CallEnd">Ends a call; empty where the arguments' own end does.</param>
internal sealed record NamedJsonCalls(string Parser, string Call, string ArgumentsBegin, string CallEnd)
{
    /// <summary>Stands before all calls; empty where nothing does.</summary>
    public string Section { get; init; } = "";

    /// <summary>Stands after all calls.</summary>
    public string SectionEnd { get; init; } = "";

    /// <summary>Stands before the name in a head, after something else such as an id; empty where the head is the name.</summary>
    public string NameMark { get; init; } = "";

    /// <summary>Begins the head where it is not the name's first letter.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Stands between the name and the call's number; null where there is none.</summary>
    public char? NumberMark { get; init; }

    /// <summary>What the id before a <see cref="NameMark"/> looks like, as a regular expression.</summary>
    public string IdPattern { get; init; } = "";

    /// <summary>Stands in a call's place before text, where prompts end with a call's mark.</summary>
    public string ToAll { get; init; } = "";

    /// <summary>Kimi K2.</summary>
    public static NamedJsonCalls KimiK2 { get; } = new("kimi_k2", "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>")
    {
        Section = "<|tool_calls_section_begin|>", SectionEnd = "<|tool_calls_section_end|>", NamePrefix = "functions.", NumberMark = ':',
    };

    /// <summary>Solar Open.</summary>
    public static NamedJsonCalls Solar { get; } = new("solar", "<|tool_call:begin|>", "<|tool_call:args|>", "<|tool_call:end|>") { NameMark = "<|tool_call:name|>", IdPattern = "[a-zA-Z0-9_-]{1,48}" };

    /// <summary>Functionary 3.2.</summary>
    public static NamedJsonCalls FunctionaryV3 { get; } = new("functionary_v3", ">>>", "\n", "") { ToAll = "all\n" };

    /// <summary>Functionary 3.1, and Llama 3.1 where it was asked for functions of one's own.</summary>
    public static NamedJsonCalls FunctionTags { get; } = new("function_tags", "<function=", ">", "</function>");

    /// <summary>The marks that may be special tokens.</summary>
    public IReadOnlyList<string> SpecialMarks { get; } =
        Call.StartsWith("<|", StringComparison.Ordinal) ? ["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call:name|>", Call, ArgumentsBegin, CallEnd] : [];

    /// <summary>The function's name in a head; null where there is none.</summary>
    public string? NameOf(string head)
    {
        var at = NameMark.Length == 0 ? 0 : head.IndexOf(NameMark, StringComparison.Ordinal);
        var name = at < 0 ? "" : head[(at + NameMark.Length)..].Trim();
        if (NamePrefix.Length > 0 && name.StartsWith(NamePrefix, StringComparison.Ordinal))
            name = name[NamePrefix.Length..];
        if (NumberMark is { } mark && name.LastIndexOf(mark) is > 0 and var number && name.AsSpan(number + 1) is { Length: > 0 } digits && !digits.ContainsAnyExceptInRange('0', '9'))
            name = name[..number];
        return name.Length > 0 && name.All(letter => char.IsLetterOrDigit(letter) || "_-.:/".Contains(letter)) ? name : null;
    }
}
