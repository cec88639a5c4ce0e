using System.Collections.Immutable;

namespace Furiosa.Device.Loading;

/// <summary>The model's own defaults, from <c>generation_config.json</c>.</summary>
public sealed partial record GenerationConfig
{
    /// <summary>Ids that end a text.</summary>
    public ImmutableArray<int> EosTokenIds { get; init; } = [];
}
