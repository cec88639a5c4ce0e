namespace Furiosa.Device.Models;

/// <summary>Architecture and sizes of a model, from its <c>config.json</c>.</summary>
public sealed partial record ModelConfig
{
    /// <summary>E.g. <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the output head.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }
}
