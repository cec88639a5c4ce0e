using Akka.Streams;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Hosting;

/// <summary>All that a request needs of the model being served. Immutable; made once the runtime serves.</summary>
internal sealed record ServingModel
{
    /// <summary>The name that answers carry.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a request for another name is a 404.</summary>
    public bool RefuseUnknownNames { get; init; }

    /// <summary>When serving began, in Unix seconds.</summary>
    public required long Created { get; init; }

    public required ITextTokenizer Tokenizer { get; init; }

    /// <summary>Makes what answers are to follow, and keeps what it made.</summary>
    public GrammarCompiler Grammars { get; } = new();

    /// <summary>Null for a model without one: chat is then refused.</summary>
    public ChatTemplate? Template { get; init; }

    /// <summary>The template as it was written; null for a model without one.</summary>
    public string? TemplateSource { get; init; }

    /// <summary>How the template is given a message's content.</summary>
    public ContentFormat ContentFormat { get; init; }

    /// <summary>The model's <c>tokenizer_config.json</c>; null where it has none.</summary>
    public JObject? TokenizerConfig { get; init; }

    /// <summary>What every chat's template is given, unless the request says otherwise.</summary>
    public JObject? DefaultTemplateArguments { get; init; }

    /// <summary>What a chat's prompt is made with.</summary>
    public PromptSource Prompts => new(Template, Tokenizer.Names, ContentFormat, DefaultTemplateArguments);

    /// <summary>Whether a request may leave it to the model to call tools.</summary>
    public bool AutoToolChoice { get; init; }

    /// <summary>How tool calls are found in answers; null where they cannot be.</summary>
    public string? ToolCallParser { get; init; }

    /// <summary>How reasoning is found in answers; null where there is none.</summary>
    public string? ReasoningParser { get; init; }

    /// <summary>Elements of a hidden state.</summary>
    public int HiddenSize { get; init; }

    /// <summary>How hidden states become one vector, unless the request says otherwise.</summary>
    public PromptPooling Pooling { get; init; }

    /// <summary>Whether its answers are messages in channels, as gpt-oss's are, and no parser for reasoning was asked for.</summary>
    public bool WritesHarmony { get; init; }

    public required GenerationConfig Defaults { get; init; }

    /// <summary>Longest sequence, prompt and output, in tokens.</summary>
    public required int MaxModelLen { get; init; }

    /// <summary>Ids that the model has scores for.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The <c>role</c> of answers.</summary>
    public required string ResponseRole { get; init; }

    /// <summary>Names model and build, for the clients that compare it.</summary>
    public required string Fingerprint { get; init; }

    public required IGenerationClient Client { get; init; }

    public required IMaterializer Materializer { get; init; }

    /// <summary>
    /// Most UTF-8 bytes that one token can stand for: a text longer than this many times the context cannot fit, and need not be
    /// tokenized to know it.
    /// </summary>
    public required int LongestTokenBytes { get; init; }

    /// <summary>Prompts of one request that are asked of the runtime at once, which may not be more than may wait; the others follow as these end.</summary>
    public int PromptsAtOnce { get; init; } = 64;
}
