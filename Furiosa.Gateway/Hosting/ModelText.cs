using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Templates;
using Furiosa.Gateway.Text.Tokenizers;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Harmony;
using Furiosa.Gateway.Tools.Reasoning;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Hosting;

/// <summary>What of a model's files is about text: its tokenizer, its template and what these say of its answers.</summary>
internal sealed record ModelText(ITextTokenizer Tokenizer, ChatTemplate? Template, string? ToolCallParser, bool WritesHarmony, GenerationConfig Defaults, int LongestTokenBytes)
{
    public string? TemplateSource { get; init; }

    public JObject? TokenizerConfig { get; init; }

    public string? ReasoningParser { get; init; }

    public static ModelText Load(FuriosaSettings settings)
    {
        var directory = settings.Runtime.ModelDirectory;
        var files = ModelDirectory.Open(directory);
        var tokenizer = TextTokenizer.Load(directory);
        var defaults = GenerationConfig.Read(files);
        var template = FindTemplate(settings, directory);
        var harmony = settings.Parsing.ToolCallParser == ToolCallParsers.Auto && HarmonyParser.Fits(template);
        return new ModelText(
            tokenizer,
            ChatTemplate.Load(directory, settings.ChatTemplateFile),
            harmony ? HarmonyParser.Name : ToolCallParsers.Resolve(settings.Parsing.ToolCallParser, template),
            harmony,
            defaults with { EosTokenIds = EndTokens.Find(files, defaults, tokenizer) },
            TokenVocabulary.MeasureLongest(tokenizer))
        {
            ReasoningParser = harmony && settings.Parsing.ReasoningParser is ReasoningParsers.Auto ? null : ReasoningParsers.Resolve(settings.Parsing.ReasoningParser, template),
            TemplateSource = ChatTemplateFiles.Find(directory, settings.ChatTemplateFile)?.Default,
            TokenizerConfig = ModelJson.LoadOptional(directory, "tokenizer_config.json") is { } config ? JObject.Parse(config.GetRawText()) : null,
        };
    }

    private static string FindTemplate(FuriosaSettings settings, string directory)
    {
        var sources = ChatTemplateFiles.Find(directory, settings.ChatTemplateFile);
        return sources?.ToolUse ?? sources?.Default ?? "";
    }
}
