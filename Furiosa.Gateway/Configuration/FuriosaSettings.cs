using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Logging;
using Furiosa.Gateway.Tracing;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Configuration;

/// <summary>Everything that a server is started with: the merged and checked layers.</summary>
internal sealed record FuriosaSettings
{
    /// <summary>The name that answers carry.</summary>
    public required string ServedModelName { get; init; }

    public bool RefuseUnknownModels { get; init; }

    /// <summary>A file that replaces the model's chat template; null for the model's own.</summary>
    public string? ChatTemplateFile { get; init; }

    /// <summary>What every chat's template is given, unless the request says otherwise.</summary>
    public JObject? DefaultTemplateArguments { get; init; }

    public string ResponseRole { get; init; } = "assistant";

    /// <summary>How templates are given a message's parts: <c>auto</c>, <c>string</c> or <c>openai</c>.</summary>
    public string ChatContentFormat { get; init; } = "auto";

    /// <summary>How <c>/v1/embeddings</c> makes one vector of a text's: <c>mean</c> or <c>last</c>.</summary>
    public string EmbeddingPooling { get; init; } = "mean";

    public AnswerParsing Parsing { get; init; } = new();

    public required HttpOptions Http { get; init; }

    /// <summary>Accepted keys; empty for no check.</summary>
    public IReadOnlyList<ClientKey> Keys { get; init; } = [];

    public LimitOptions Limits { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    public TracingOptions Tracing { get; init; } = new();

    public AdminOptions Admin { get; init; } = new();

    public required RuntimeOptions Runtime { get; init; }
}
