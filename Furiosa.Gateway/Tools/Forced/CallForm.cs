namespace Furiosa.Gateway.Tools.Forced;

/// <summary>How forced calls are written: <see cref="Opening"/>, one or more calls with <see cref="Between"/> between them, <see cref="Closing"/>.</summary>
/// <param name="Parser">The parser that reads them.</param>
/// <param name="Before">The texts that may stand before a call's arguments; <c>NAME</c> stands for the function's name.</param>
/// <param name="After">The texts that may stand after them.</param>
/// <param name="Opening">What stands before the first call.</param>
/// <param name="Between">What stands between two.</param>
/// <param name="Closing">What stands after the last.</param>
internal sealed record CallForm(string Parser, string[] Before, string[] After, string Opening = "", string Between = "\n", string Closing = "")
{
    /// <summary>What stands for the name in <see cref="Before"/>.</summary>
    public const string Name = "NAME";

    private static readonly CallForm Hermes = new(
        "hermes",
        ["<tool_call>{\"name\": \"NAME\", \"arguments\": ", "<tool_call>\n{\"name\": \"NAME\", \"arguments\": "],
        ["}</tool_call>", "}\n</tool_call>"]);

    private static readonly CallForm Llama = new("llama3_json", ["{\"name\": \"NAME\", \"parameters\": "], ["}"], Between: "; ");

    private static readonly CallForm Mistral = new(
        "mistral", ["{\"name\": \"NAME\", \"arguments\": "], ["}"], Opening: "[TOOL_CALLS] [", Between: ", ", Closing: "]");

    private static readonly CallForm DeepSeek = new(
        "deepseek_v3", ["<｜tool▁call▁begin｜>NAME<｜tool▁sep｜>"], ["<｜tool▁call▁end｜>"], Opening: "<｜tool▁calls▁begin｜>", Closing: "<｜tool▁calls▁end｜>");

    /// <summary>
    /// The form nearest to what the model knows. Where its arguments are not JSON (XML, Python), and where nothing is known of it,
    /// calls are written as Hermes does: a grammar leads any model through that.
    /// </summary>
    /// <param name="parser">The server's tool-call parser, or null.</param>
    public static CallForm For(string? parser) => parser switch
    {
        "llama3_json" or "llama4_json" => Llama,
        "mistral" => Mistral,
        "deepseek_v3" or "deepseek_v31" => DeepSeek,
        _ => Hermes,
    };
}
