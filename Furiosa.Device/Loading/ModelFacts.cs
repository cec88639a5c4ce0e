using System.Globalization;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Loading.Gguf;
using Furiosa.Device.Loading.Quantized;
using Furiosa.Device.Models;

namespace Furiosa.Device.Loading;

/// <summary>What a model and its weight files are, without reading any weights.</summary>
/// <param name="Architecture">E.g. <c>LlamaForCausalLM</c>.</param>
/// <param name="Layers">How many layers.</param>
/// <param name="MaxPositions">The longest sequence that it was made for, in tokens.</param>
/// <param name="Format">E.g. <c>safetensors</c>, <c>safetensors, gptq 4-bit</c> or <c>GGUF</c>.</param>
/// <param name="Types">The stored types, those of the most parameters first, e.g. <c>Q4_K (82 %), Q6_K (18 %)</c>.</param>
/// <param name="Parameters">Weights of all tensors.</param>
/// <param name="Bytes">Bytes of all tensors, as stored.</param>
public sealed record ModelFacts(string Architecture, int Layers, int MaxPositions, string Format, string Types, long Parameters, long Bytes)
{
    /// <summary>Reads the headers of a model's weight files.</summary>
    /// <param name="directory">The model.</param>
    /// <exception cref="ModelFormatException">A file is missing or malformed.</exception>
    public static ModelFacts Read(ModelDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory.Gguf is not null ? OfGguf(directory) : OfDirectory(directory);
    }

    private static ModelFacts OfGguf(ModelDirectory directory)
    {
        using var file = GgufFile.Open(directory.Path);
        return Of(ModelConfig.Read(directory), "GGUF", file.Tensors.Values.Select(tensor => (file.Types[tensor.Name].ToString(), tensor.ElementCount, tensor.ByteLength)));
    }

    private static ModelFacts OfDirectory(ModelDirectory directory)
    {
        using var store = directory.OpenTensors();
        var model = ModelConfig.Read(directory);
        if (ArtifactManifest.Read(directory.Path) is { } manifest)
        {
            var packed = new DirectoryInfo(directory.Path).EnumerateFiles("*.bin").Sum(file => file.Length);
            return new ModelFacts(
                model.Architecture, model.LayerCount, model.MaxPositionEmbeddings, $"artifact of this program, packed for tp {manifest.TensorParallel}", manifest.Quantization == "none" ? $"dtype {manifest.Dtype}" : manifest.Quantization,
                store.Names.Sum(name => store.Find(name)!.ElementCount), store.ByteLength + packed);
        }

        var config = directory.ReadQuantization();
        return Of(
            model, config.Method == QuantizationMethod.None ? "safetensors" : $"safetensors, {NameOf(config)}",
            store.Names.Select(name => store.Find(name)!).Where(tensor => tensor.Decoder is not null || tensor.Type.IsWeight())
                .Select(tensor => (tensor.Decoder is null ? tensor.Type.ToString() : KindOf(tensor.Decoder, config), tensor.ElementCount, tensor.ByteLength)));
    }

    private static string NameOf(QuantizationConfig config) => config.Method switch
    {
        QuantizationMethod.Fp8 => "FP8",
        QuantizationMethod.Compressed => "compressed-tensors",
        QuantizationMethod.Gptq => $"GPTQ {config.Bits}-bit",
        QuantizationMethod.Awq => "AWQ 4-bit",
        _ => "MXFP4",
    };

    private static string KindOf(RowDecoder decoder, QuantizationConfig config) => decoder switch
    {
        Fp8Rows => "F8_E4M3",
        Mxfp4Rows => "MXFP4",
        IntegerRows or ListedIntegerRows => $"INT{(config.Bits == 0 ? 8 : config.Bits)}",
        _ => "F32",
    };

    private static ModelFacts Of(ModelConfig config, string format, IEnumerable<(string Type, long Elements, long Bytes)> tensors)
    {
        var all = tensors.ToList();
        var parameters = Math.Max(1, all.Sum(tensor => tensor.Elements));
        var types = all.GroupBy(tensor => tensor.Type).Select(group => (Type: group.Key, Share: group.Sum(tensor => tensor.Elements) / (double)parameters)).OrderByDescending(entry => entry.Share).ToList();
        return new ModelFacts(
            config.Architecture, config.LayerCount, config.MaxPositionEmbeddings, format, string.Join(", ", types.Select(entry => types.Count == 1 ? entry.Type : string.Create(CultureInfo.InvariantCulture, $"{entry.Type} ({Percent(entry.Share)})"))),
            parameters, all.Sum(tensor => tensor.Bytes));
    }

    private static string Percent(double share) => share < 0.01 ? "under 1 %" : share.ToString("P0", CultureInfo.InvariantCulture);
}
