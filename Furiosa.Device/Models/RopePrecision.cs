using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>How precisely rotary frequencies are kept.</summary>
public enum RopePrecision
{
    /// <summary>
    /// Float32, but bfloat16 for a checkpoint of a short test model that was cast as a whole, rotary buffers included, before it was
    /// saved: see <see cref="RopePrecisions.Rounds"/>.
    /// </summary>
    Auto,

    /// <summary>Float32: what loading a checkpoint with Hugging Face's <c>from_pretrained</c> keeps.</summary>
    Float32,

    /// <summary>Rounded to bfloat16: what is left of them after <c>model.to(torch.bfloat16)</c>.</summary>
    Bfloat16,
}

/// <summary>Names and meaning of <see cref="RopePrecision"/>.</summary>
public static class RopePrecisions
{
    /// <summary>
    /// The longest context that <see cref="RopePrecision.Auto"/> takes for a test model's. Rounding turns a phase by up to 0.2 % of the
    /// position, so a model of real length must never be guessed to want it.
    /// </summary>
    private const int LongestGuessed = 1024;

    /// <summary>Reads <c>auto</c>, <c>float32</c> or <c>bfloat16</c>.</summary>
    /// <exception cref="ArgumentException">Another word.</exception>
    public static RopePrecision Parse(string name) => name switch
    {
        "auto" => RopePrecision.Auto,
        "float32" => RopePrecision.Float32,
        "bfloat16" => RopePrecision.Bfloat16,
        _ => throw new ArgumentException($"rope-frequencies '{name}' is not known: use auto, float32 or bfloat16."),
    };

    /// <summary>
    /// Whether a model's frequencies are rounded. Left to the model, they are where all of this holds: its weights are bfloat16, it was
    /// saved by transformers 5 or later straight from a model made in memory and never loaded (<c>_from_model_config</c>, no sampling
    /// defaults of an author), and its context has at most 1024 tokens.
    /// </summary>
    /// <param name="precision">What was asked for.</param>
    /// <param name="directory">The model.</param>
    /// <param name="config">Its configuration.</param>
    internal static bool Rounds(this RopePrecision precision, ModelDirectory directory, ModelConfig config)
    {
        if (precision != RopePrecision.Auto) return precision == RopePrecision.Bfloat16;
        if ((config.Ropes.IsEmpty && !config.SinusoidalPositions) || config.WeightType != TensorType.BF16 || config.MaxPositionEmbeddings > LongestGuessed) return false;
        if (!directory.Has(GenerationConfig.FileName)) return false;
        var generation = directory.ReadJson(GenerationConfig.FileName);
        return generation.TryGetProperty("_from_model_config", out var made) && made.ValueKind == JsonValueKind.True
            && generation.TryGetProperty("transformers_version", out var version) && version.ValueKind == JsonValueKind.String
            && int.TryParse(version.GetString()!.Split('.')[0], out int major) && major >= 5;
    }
}
