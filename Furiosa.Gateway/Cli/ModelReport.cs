using System.Globalization;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Text;
using Furiosa.Gateway.Text.Templates;
using Furiosa.Gateway.Tools;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Cli;

/// <summary>What was recognised of a model: family, weights, tokenizer, chat template.</summary>
/// <param name="Facts">Its family and weight files.</param>
/// <param name="KeptAs">How weights are kept in memory.</param>
/// <param name="Tokens">Ids of its tokenizer; null where it was not read.</param>
/// <param name="Bos">Its beginning-of-text token.</param>
/// <param name="Eos">Its end-of-text token.</param>
/// <param name="Template">Where its chat template comes from.</param>
/// <param name="ToolCallParser">How it writes tool calls.</param>
internal sealed record ModelReport(
    ModelFacts Facts, string KeptAs, int? Tokens, string? Bos, string? Eos, string Template, string? ToolCallParser)
{
    public static ModelReport Make(FuriosaSettings settings, ModelDirectory directory, ITextTokenizer? tokenizer)
    {
        var sources = ChatTemplateFiles.Find(directory.Path, settings.ChatTemplateFile);
        var text = sources?.ToolUse ?? sources?.Default ?? "";
        var names = Text.Tokenizers.TokenNames.Load(directory.Path);
        return new ModelReport(
            ModelFacts.Read(directory), Kept(settings.Runtime), tokenizer?.VocabularySize, names.Bos, names.Eos,
            sources is null ? "none: /v1/chat/completions needs --chat-template" : settings.ChatTemplateFile ?? (directory.Has("chat_template.jinja") ? "chat_template.jinja" : directory.Gguf is not null ? "in the file's metadata" : "tokenizer_config.json"),
            ToolCallParsers.Resolve(settings.Parsing.ToolCallParser, text));
    }

    public IEnumerable<string> Lines()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"Model:     {Facts.Architecture}, {Facts.Parameters / 1e6:N1} M parameters, {Facts.Layers} layers, made for {Facts.MaxPositions:N0} tokens");
        yield return $"Weights:   {Facts.Format}, {Facts.Types}, {ByteSize.Show(Facts.Bytes)}; {KeptAs}";
        var ids = Tokens is { } tokens ? string.Create(CultureInfo.InvariantCulture, $"{tokens:N0} ids; ") : "";
        yield return $"Tokenizer: {ids}begins with {Bos ?? "nothing"}, ends with {Eos ?? "nothing"}";
        yield return $"Template:  {Template}{(ToolCallParser is null ? "" : $"; tool calls as {ToolCallParser}")}";
    }

    public JObject ToJson(RuntimePlan plan) => new()
    {
        ["architecture"] = Facts.Architecture, ["layers"] = Facts.Layers, ["max_position_embeddings"] = Facts.MaxPositions, ["parameters"] = Facts.Parameters,
        ["weights"] = new JObject { ["format"] = Facts.Format, ["types"] = Facts.Types, ["bytes"] = Facts.Bytes, ["kept"] = KeptAs },
        ["tokenizer"] = new JObject { ["ids"] = Tokens, ["bos_token"] = Bos, ["eos_token"] = Eos },
        ["chat_template"] = Template, ["tool_call_parser"] = ToolCallParser, ["plan"] = PlanReport.ToJson(plan),
    };

    private static string Kept(RuntimeOptions options) => (options.Quantization, options.Dtype) switch
    {
        ("none", "auto") => "kept as they are",
        ("none", var dtype) => $"kept as {dtype}",
        var (quantization, _) => $"quantised to {quantization}",
    };
}
