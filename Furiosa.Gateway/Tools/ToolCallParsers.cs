using System.Text.RegularExpressions;
using Furiosa.Gateway.Tools.Syntaxes;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Tools;

/// <summary>The tool-call parsers by the names that <c>--tool-call-parser</c> takes.</summary>
internal static partial class ToolCallParsers
{
    /// <summary>The name that leaves the choice to the chat template.</summary>
    public const string Auto = "auto";

    private static readonly Dictionary<string, Func<ToolSchemas, ToolCallSyntax>> Syntaxes = new(StringComparer.Ordinal)
    {
        ["hermes"] = _ => new HermesSyntax(),
        ["llama3_json"] = tools => new Llama3JsonSyntax(tools),
        ["llama4_json"] = tools => new Llama3JsonSyntax(tools),
        ["mistral"] = _ => new MistralSyntax(),
        ["qwen3_xml"] = tools => new Qwen3XmlSyntax(tools),
        ["qwen3_coder"] = tools => new Qwen3XmlSyntax(tools),
        ["pythonic"] = tools => new PythonicSyntax(tools),
        ["deepseek_v3"] = _ => new DeepSeekV3Syntax(),
        ["deepseek_v31"] = _ => new DeepSeekV3Syntax(),
        ["cohere"] = _ => JsonListSyntax.Cohere(),
        ["granite"] = _ => JsonListSyntax.Granite(),
    };

    /// <summary>Every name, <see cref="Auto"/> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. Syntaxes.Keys];

    /// <summary>The parser whose syntax a chat template writes, or null where it writes none that is known.</summary>
    /// <param name="template">The template's source.</param>
    public static string? FromTemplate(string template)
    {
        bool Has(string text) => template.Contains(text, StringComparison.Ordinal);
        if (Has("<tool_call>") && Has("<function=") && Has("<parameter="))
            return "qwen3_xml";
        if (Has("<｜tool▁calls▁begin｜>"))
            return "deepseek_v3";
        if (Has("<|START_ACTION|>"))
            return "cohere";
        if (Has("<|tool_call|>"))
            return "granite";
        if (Has("[TOOL_CALLS]"))
            return "mistral";
        if (Has("<|tool_call_start|>[") || Has("<|python_start|>"))
            return "pythonic";
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

    private static ToolSchemas NoTools { get; } = new(new Dictionary<string, JObject?>());

    // A tag, then an object that begins with a name, in whatever way the template writes quotes and line breaks.
    [GeneratedRegex(@"<tool_call>(?:\s|\\n|['""~+{}-])*?\{\\?""name\\?""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex JsonInTag();
}
