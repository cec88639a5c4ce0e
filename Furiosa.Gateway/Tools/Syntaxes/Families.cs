namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>The families of models whose calls are told by data alone, by the names of their parsers.</summary>
internal static class Families
{
    public static IReadOnlyDictionary<string, MarkedCalls> Marked { get; } = new Dictionary<string, MarkedCalls>(StringComparer.Ordinal)
    {
        ["qwen3_xml"] = MarkedCalls.Qwen3,
        ["qwen3_coder"] = MarkedCalls.Qwen3,
        ["seed_oss"] = MarkedCalls.SeedOss,
        ["glm45"] = MarkedCalls.Glm,
        ["glm47"] = MarkedCalls.Glm,
        ["minimax_m2"] = MarkedCalls.MiniMaxM2,
        ["minimax_m3"] = MarkedCalls.MiniMaxM3,
        ["kimi_k3"] = MarkedCalls.KimiK3,
        ["deepseek_v32"] = MarkedCalls.DeepSeekV32,
        ["atem"] = MarkedCalls.Atem,
    };

    public static IReadOnlyDictionary<string, NamedJsonCalls> NamedJson { get; } = new Dictionary<string, NamedJsonCalls>(StringComparer.Ordinal)
    {
        ["kimi_k2"] = NamedJsonCalls.KimiK2,
        ["solar"] = NamedJsonCalls.Solar,
        ["functionary_v3"] = NamedJsonCalls.FunctionaryV3,
        ["function_tags"] = NamedJsonCalls.FunctionTags,
    };

    public static IReadOnlyDictionary<string, JsonCalls> Json { get; } = new Dictionary<string, JsonCalls>(StringComparer.Ordinal)
    {
        ["cohere"] = JsonCalls.Cohere,
        ["granite"] = JsonCalls.Granite,
        ["functools"] = JsonCalls.Functools,
        ["tool_calls"] = JsonCalls.ToolCalls,
        ["minimax"] = JsonCalls.ToolCalls,
        ["jamba"] = JsonCalls.ToolCalls,
        ["hunyuan_a13b"] = JsonCalls.ToolCalls,
        ["nemotron_json"] = JsonCalls.Nemotron,
        ["gigachat3"] = JsonCalls.GigaChat,
        ["internlm"] = JsonCalls.InternLm,
    };
}
