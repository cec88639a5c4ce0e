using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Reasoning;

namespace Furiosa.Gateway.Configuration;

/// <summary>What is looked for in the text of answers.</summary>
internal sealed record AnswerParsing
{
    /// <summary>Whether a request may leave it to the model to call tools.</summary>
    public bool AutoToolChoice { get; init; } = true;

    /// <summary>One of <see cref="ToolCallParsers.Names"/>.</summary>
    public string ToolCallParser { get; init; } = ToolCallParsers.Auto;

    /// <summary>One of <see cref="ReasoningParsers.Names"/>, or null for none that was asked for.</summary>
    public string? ReasoningParser { get; init; }

    public static AnswerParsing Read(SettingReader reader)
    {
        var reasoning = reader.OneOf("furiosa.reasoning-parser", ["none", .. ReasoningParsers.Names]);
        return new AnswerParsing
        {
            AutoToolChoice = reader.Switch("furiosa.enable-auto-tool-choice"),
            ToolCallParser = reader.OneOf("furiosa.tool-call-parser", [.. ToolCallParsers.Names]),
            ReasoningParser = reasoning == "none" ? null : reasoning,
        };
    }
}
