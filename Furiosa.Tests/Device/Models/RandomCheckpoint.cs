using System.Text.RegularExpressions;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>
/// A checkpoint of random numbers for any <c>config.json</c>: whatever tensor the engine misses is made in the shape that it asks for.
/// So a family's names and shapes are checked by the definitions that read them, not here.
/// </summary>
internal sealed partial class RandomCheckpoint : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = new() { ["unused"] = ([1], [0]) };
    private readonly Func<string, float, float> _change;

    /// <param name="config">The text of <c>config.json</c>.</param>
    /// <param name="change">Makes another number of a tensor's, by the tensor's name; null for none.</param>
    public RandomCheckpoint(string config, Func<string, float, float>? change = null)
    {
        _change = change ?? ((_, value) => value);
        File.WriteAllText(System.IO.Path.Combine(Path, "config.json"), config);
        Config = ModelConfig.Read(ModelDirectory.Open(Path));
        while (Missing() is { } missing)
        {
            Add(missing.Name, missing.Shape);
            // What the first layer has, others are likely to have.
            for (int layer = 1; layer < Config.LayerCount && FirstLayer().IsMatch(missing.Name); layer++) Add(FirstLayer().Replace(missing.Name, $".{layer}."), missing.Shape);
        }
    }

    public string Path => _directory.Path;

    public ModelConfig Config { get; }

    /// <summary>A tensor's values, or null.</summary>
    public float[]? this[string name] => _tensors.TryGetValue(name, out var tensor) ? tensor.Values : null;

    public void Dispose() => _directory.Dispose();

    private (string Name, long[] Shape)? Missing()
    {
        File.WriteAllBytes(
            System.IO.Path.Combine(Path, TensorStore.SingleFile),
            SafetensorsWriter.Write([.. _tensors.Select(tensor => SafetensorsWriter.Floats(tensor.Key, tensor.Value.Shape, tensor.Value.Values))]));
        using var store = TensorStore.Open(Path);
        try
        {
            Touch(new DecoderTensors(store, Config));
            return null;
        }
        catch (ModelFormatException error) when (error.Message.Contains("is missing", StringComparison.Ordinal))
        {
            var match = NameAndShape().Match(error.Message);
            return (match.Groups[1].Value, [.. match.Groups[2].Value.Split(", ").Select(long.Parse)]);
        }
    }

    private void Touch(DecoderTensors tensors)
    {
        _ = (tensors.Embedding, Config.LearnedPositions ? tensors.Positions : null, tensors.FinalNorm, tensors.Head, tensors.EmbeddingNorm);
        for (int layer = 0; layer < Config.LayerCount; layer++)
        {
            _ = (tensors.AttentionNorm(layer), tensors.PostAttentionNorm(layer), tensors.MlpNorm(layer), tensors.PostMlpNorm(layer), tensors.Sinks(layer));
            bool mixes = Config.Parts is not { } parts || parts[layer].HasFlag(LayerParts.Mixing), attends = mixes && !Config.IsConv(layer) && !Config.IsRecurrent(layer);
            if (mixes) _ = tensors.Output(layer);
            if (mixes && Config.IsConv(layer)) _ = (tensors.ConvInput(layer, 0, 0), tensors.ConvTaps(layer), tensors.ConvBias(layer));
            if (Config.IsRecurrent(layer)) Touch(tensors.Recurrent(layer), Config.Recurrent!);
            if (attends) _ = (tensors.Query(layer, 0), tensors.Key(layer, 0), tensors.Value(layer, 0));
            if (Config.Latent is { } latent)
            {
                if (latent.QueryRank > 0) _ = (tensors.LatentQuery(layer), tensors.LatentNorm(layer, ofKeys: false));
                _ = (tensors.LatentKey(layer), tensors.LatentNorm(layer, ofKeys: true));
            }

            if (Config.Activation == Activation.Xielu) _ = (tensors.ActivationNumber(layer, "alpha_p"), tensors.ActivationNumber(layer, "alpha_n"));
            if (Config.QkNorm == QkNorm.OwnHead && Config.Names.HeadNorm is not null) _ = (tensors.HeadNorms(layer, ofKeys: false), tensors.HeadNorms(layer, ofKeys: true));
            else if (Config.QkNorm is not (QkNorm.None or QkNorm.Unit) && attends) _ = (tensors.QkNormOf(layer, ofKeys: false), tensors.QkNormOf(layer, ofKeys: true));
            if (Config.Parts is { } ofLayers && !ofLayers[layer].HasFlag(LayerParts.FeedForward)) continue;
            if (!Config.HasExperts(layer))
            {
                _ = (tensors.Gate(layer), tensors.Up(layer), tensors.Down(layer));
                continue;
            }

            var experts = tensors.Experts(layer);
            _ = (experts.Router, experts.Corrections);
            for (int expert = 0; expert < Config.Experts!.Total; expert++) _ = (experts.Gate(expert), experts.Up(expert), experts.Down(expert));
        }
    }

    private static void Touch(RecurrentTensors tensors, RecurrentConfig sizes)
    {
        _ = (tensors.Query(0), tensors.Value(0), tensors.Gate(0), tensors.Step(0), tensors.Output, tensors.DecayRates, tensors.StepBias, tensors.NormWeight);
        _ = (tensors.TapsOfQuery(0), tensors.BiasOfQuery(0));
        if (sizes.Kind == RecurrentKind.GatedDelta) _ = tensors.Beta(0);
        else _ = tensors.Skip;
    }

    private void Add(string name, long[] shape)
    {
        if (_tensors.ContainsKey(name)) return;
        bool isNorm = name.Contains("norm", StringComparison.Ordinal) || name.Contains("ln_", StringComparison.Ordinal);
        bool isBias = name.EndsWith("bias", StringComparison.Ordinal);
        double scale = isNorm || isBias ? 0.2 : shape.Length == 1 ? 0.5 : name.Contains("emb", StringComparison.Ordinal) || name.Contains("wte", StringComparison.Ordinal) ? 1 : 1.5 / Math.Sqrt(shape[^1]);
        // The norm of heads with states is never one plus its weight.
        double offset = isNorm && !isBias && (!Config.Norms.PlusOne || name.Contains("linear_attn", StringComparison.Ordinal)) ? 1 : 0;
        int seed = 0;
        foreach (char letter in name) seed = (seed * 31 + letter) & 0xFFFFFF;
        float[] values = TestValues.Floats(seed, checked((int)shape.Aggregate(1L, (a, b) => a * b)));
        _tensors.Add(name, (shape, Array.ConvertAll(values, value => _change(name, (float)(offset + scale * value)))));
    }

    [GeneratedRegex(@"(?<=layers|\.h|blocks)\.0\.")]
    private static partial Regex FirstLayer();

    [GeneratedRegex(@"tensor '([^']+)'.*shape \[([0-9, ]+)\]")]
    private static partial Regex NameAndShape();
}
