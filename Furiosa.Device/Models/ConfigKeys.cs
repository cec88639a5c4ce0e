namespace Furiosa.Device.Models;

/// <summary>What a family's <c>config.json</c> calls the fields that all have.</summary>
internal sealed record ConfigKeys
{
    public string HiddenSize { get; init; } = "hidden_size";

    public string Layers { get; init; } = "num_hidden_layers";

    public string Heads { get; init; } = "num_attention_heads";

    public string KvHeads { get; init; } = "num_key_value_heads";

    public string IntermediateSize { get; init; } = "intermediate_size";

    public string MaxPositions { get; init; } = "max_position_embeddings";

    public string NormEps { get; init; } = "rms_norm_eps";

    public string Activation { get; init; } = "hidden_act";

    public string PartialRotary { get; init; } = "partial_rotary_factor";

    public string RopeTheta { get; init; } = "rope_theta";
}
