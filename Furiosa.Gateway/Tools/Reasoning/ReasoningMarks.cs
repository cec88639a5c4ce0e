namespace Furiosa.Gateway.Tools.Reasoning;

/// <summary>The marks between which a family of models reasons.</summary>
/// <param name="Opening">Begins the reasoning.</param>
/// <param name="Closing">Ends it.</param>
internal sealed record ReasoningMarks(string Opening, string Closing)
{
    /// <summary>Whether the model begins with reasoning even where nothing says so.</summary>
    public bool AlwaysReasons { get; init; }

    /// <summary>What stands around the parts of an answer and is none of it; null where only the reasoning has marks.</summary>
    public IReadOnlyList<FrameMark>? Frames { get; init; }

    /// <summary>The beginning of the first frame, where prompts end with it.</summary>
    public string Primer { get; init; } = "";

    /// <summary>Texts that a template of such a model has in it; empty where those of others have them too.</summary>
    public IReadOnlyList<string> Telling { get; init; } = [];

    /// <summary>The tags of most models.</summary>
    public static ReasoningMarks Think { get; } = new("<think>", "</think>") { Telling = ["<think>", "</think>"] };

    /// <summary>Seed-OSS.</summary>
    public static ReasoningMarks Seed { get; } = new("<seed:think>", "</seed:think>") { Telling = ["seed:think>"] };

    /// <summary>MiniMax M3.</summary>
    public static ReasoningMarks MiniMaxM3 { get; } = new("<mm:think>", "</mm:think>") { Telling = ["mm:think>"] };

    /// <summary>Magistral.</summary>
    public static ReasoningMarks Mistral { get; } = new("[THINK]", "[/THINK]") { Telling = ["[THINK]"] };

    /// <summary>Granite 3.2.</summary>
    public static ReasoningMarks Granite { get; } = new("Here is my thought process:", "Here is my response:") { Telling = ["Here is my thought process:"] };

    /// <summary>Kimi VL.</summary>
    public static ReasoningMarks KimiVl { get; } = new("◁think▷", "◁/think▷") { Telling = ["◁think▷"] };

    /// <summary>Apertus.</summary>
    public static ReasoningMarks Apertus { get; } = new("<|inner_prefix|>", "<|inner_suffix|>") { Telling = ["<|inner_prefix|>"] };

    /// <summary>Command R7B and A.</summary>
    public static ReasoningMarks Cohere { get; } = new("<|START_THINKING|>", "<|END_THINKING|>")
    {
        Frames = [FrameMark.Reasoning("<|START_THINKING|>"), FrameMark.Content("<|END_THINKING|>"), FrameMark.Content("<|START_RESPONSE|>"), FrameMark.Content("<|END_RESPONSE|>")],
        Telling = ["<|START_THINKING|>"],
    };

    /// <summary>Solar Open.</summary>
    public static ReasoningMarks Solar { get; } = new("<|think|>", "<|end|>")
    {
        Frames =
        [
            FrameMark.Reasoning("<|think|>"), FrameMark.Content("<|end|>"), FrameMark.Content("<|begin|>assistant"), FrameMark.Content("<|content|>"),
            FrameMark.Content("<|tool_calls|>"), FrameMark.Content("<|calls|>"),
        ],
        Telling = ["<|think|>", "<|content|>"],
    };

    /// <summary>Kimi K3.</summary>
    public static ReasoningMarks KimiK3 { get; } = new("<|open|>think<|sep|>", "<|close|>think<|sep|>")
    {
        Frames =
        [
            FrameMark.Reasoning("<|open|>think<|sep|>"), FrameMark.Content("<|close|>think<|sep|>"), FrameMark.Content("<|open|>response<|sep|>"),
            FrameMark.Content("<|close|>response<|sep|>"), FrameMark.Content("<|close|>message<|sep|>"), FrameMark.Content("<|end_of_msg|>"),
        ],
        Telling = ["<|open|>", "<|close|>", "<|sep|>"],
    };

    /// <summary>Muse.</summary>
    public static ReasoningMarks Muse { get; } = new(" to=self<|message|>", "<|eom|>")
    {
        Frames =
        [
            FrameMark.Reasoning(" to=self<|message|>"), FrameMark.Content("<|eom|>"), FrameMark.Content("<|eot|>"), FrameMark.Content("<|start|>assistant"), FrameMark.Content(" to=", "<|message|>"),
            FrameMark.Content("<|message|>"),
        ],
        Telling = ["to=self<|message|>"],
    };

    /// <summary>Functionary 3.2, which does not reason, but names who is spoken to.</summary>
    public static ReasoningMarks Functionary { get; } = new("", "")
    {
        Frames = [FrameMark.Content(">>>all\n"), FrameMark.Kept(">>>", "\n")],
        Primer = ">>>",
        Telling = [">>>all\\n", ">>>${recipient}"],
    };

    /// <summary>The special tokens that may be among the marks.</summary>
    public IReadOnlyList<string> SpecialMarks => Frames == null ? [Opening, Closing] : [.. Frames.SelectMany(frame => frame.Tokens).Distinct()];
}
