using System.Text.RegularExpressions;
using Furiosa.Gateway.Tools.Syntaxes;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools;

/// <summary>The tool-call parsers by the names that <c>--tool-call-parser</c> takes.</summary>
internal static partial class ToolCallParsers
{
    /// <summary>The name that leaves the choice to the chat template.</summary>
    public const string Auto = "auto";

    private static readonly Dictionary<string, Func<ToolSchemas, ToolCallSyntax>> Own = new(StringComparer.Ordinal)
    {
        ["hermes"] = _ => new HermesSyntax(),
        ["llama3_json"] = tools => new Llama3JsonSyntax(tools),
        ["llama4_json"] = tools => new Llama3JsonSyntax(tools),
        ["mistral"] = _ => new MistralSyntax(),
        ["pythonic"] = tools => new PythonicSyntax(tools),
        ["deepseek_v3"] = _ => new DeepSeekV3Syntax(),
        ["deepseek_v31"] = _ => new DeepSeekV3Syntax(),
    };

    private static readonly Dictionary<string, Func<ToolSchemas, ToolCallSyntax>> Syntaxes = new(
        [
            .. Own,
            .. Families.Marked.Select(entry => KeyValuePair.Create(entry.Key, (Func<ToolSchemas, ToolCallSyntax>)(tools => new MarkedSyntax(entry.Value, tools)))),
            .. Families.NamedJson.Select(entry => KeyValuePair.Create(entry.Key, (Func<ToolSchemas, ToolCallSyntax>)(_ => new NamedJsonSyntax(entry.Value)))),
            .. Families.Json.Select(entry => KeyValuePair.Create(entry.Key, (Func<ToolSchemas, ToolCallSyntax>)(_ => new JsonCallsSyntax(entry.Value)))),
        ], StringComparer.Ordinal);

    /// <summary>Every name, <see cref="Auto"/> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. Syntaxes.Keys];

    /// <summary>The parser whose syntax a chat template writes, or null where it writes none that is known.</summary>
    /// <param name="template">The template's source.</param>
    public static string? FromTemplate(string template)
    {
        bool Has(string text) => template.Contains(text, StringComparison.Ordinal);
        foreach (var (parser, marks) in Telling)
        {
            if (marks.Split(' ').All(Has))
                return parser;
        }

        if (JsonInTag().IsMatch(template))
            return "hermes";
        return Has("{\"name\": function name, \"parameters\":") ? "llama3_json" : null;
    }

    /// <summary>The name to use: <paramref name="name"/> itself, or for <see cref="Auto"/> what the template tells; null where it tells nothing.</summary>
    /// <exception cref="ArgumentException">There is no such parser; the message lists those there are.</exception>
    public static string? Resolve(string name, string template)
    {
        if (!Names.Contains(name, StringComparer.Ordinal))
            throw new ArgumentException(Unknown(name), nameof(name));
        return name == Auto ? FromTemplate(template) : name;
    }

    /// <summary>A parser for one choice.</summary>
    /// <param name="name">One of <see cref="Names"/> but <see cref="Auto"/>.</param>
    /// <param name="tools">The request's tools.</param>
    public static IToolCallParser Create(string name, ToolSchemas tools) => new ToolCallParser(Syntaxes[name](tools), tools);

    /// <summary>The special tokens that a parser's text must be made with.</summary>
    public static IReadOnlyList<string> SpecialMarks(string name) => Syntaxes[name](NoTools).SpecialMarks;

    /// <summary>What to say of a name that no parser has.</summary>
    public static string Unknown(string name) => $"There is no tool-call parser '{name}'; there are {string.Join(", ", Names)}.";

    // What only one family's templates have in them; the first that fits counts.
    private static readonly (string Parser, string Marks)[] Telling =
    [
        ("minimax_m3", "]<]minimax[>["),
        ("minimax_m2", "<minimax:tool_call>"),
        ("atem", "<atem:function_calls>"),
        ("deepseek_v32", "｜DSML｜"),
        ("seed_oss", "<seed:tool_call>"),
        ("glm45", "<arg_key> <arg_value>"),
        ("kimi_k3", "<|open|> <|sep|> tool_call"),
        ("kimi_k2", "<|tool_calls_section_begin|>"),
        ("solar", "<|tool_call:begin|>"),
        ("qwen3_xml", "<tool_call> <function= <parameter="),
        ("deepseek_v3", "<｜tool▁calls▁begin｜>"),
        ("cohere", "<|START_ACTION|>"),
        ("granite", "<|tool_call|>"),
        ("mistral", "[TOOL_CALLS]"),
        ("pythonic", "<|tool_call_start|>["),
        ("pythonic", "<|python_start|>"),
        ("gigachat3", "<|function_call|>"),
        ("gigachat3", "<|role_sep|> <|message_sep|>"),
        ("internlm", "<|action_start|> <|plugin|>"),
        ("nemotron_json", "<TOOLCALL>"),
        ("tool_calls", "<tool_calls> </tool_calls>"),
        ("functools", "functools["),
        ("functionary_v3", ">>> recipient tool_calls"),
        ("function_tags", "<function= </function>"),
    ];

    private static ToolSchemas NoTools { get; } = new(new Dictionary<string, JObject?>());

    // A tag, then an object that begins with a name, in whatever way the template writes quotes and line breaks.
    [GeneratedRegex(@"<tool_call>(?:\s|\\n|['""~+{}-])*?\{\\?""name\\?""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex JsonInTag();
}
