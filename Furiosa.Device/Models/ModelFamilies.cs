using System.Collections.Immutable;

namespace Furiosa.Device.Models;

/// <summary>The architectures this build can run. A new one is a file with a <see cref="ModelFamily"/> and a line here.</summary>
internal static class ModelFamilies
{
    public static ImmutableArray<ModelFamily> All { get; } = [new LlamaFamily(), new MistralFamily(), new Qwen2Family(), new Qwen3Family()];
}
