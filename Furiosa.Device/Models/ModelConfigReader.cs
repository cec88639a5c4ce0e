using System.Text.Json;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;
using Furiosa.Device.Loading.Quantized;

namespace Furiosa.Device.Models;

/// <summary>Reads the fields that all families share and lets the family add its own.</summary>
internal static class ModelConfigReader
{
    public static ModelConfig Read(JsonElement root, string file)
    {
        var problems = new List<string>();
        var fields = new JsonFields(TextPart.Of(root), problems);
        var family = FindFamily(fields, file);
        var config = family.Complete(ReadShared(fields, family), fields);
        // It has no second factor, and numbers of each layer, which experts do not have.
        if (config.Activation == Activation.Xielu && (config.GatedMlp || config.Experts is not null))
            fields.Problem(family.KeysOf(fields).Activation, $"is \"xielu\", but {family.Architecture} has {(config.Experts is null ? "a gate" : "experts")}, for which that is not supported");
        // What was looked at twice is told once.
        if (problems.Count > 0) throw new ModelFormatException($"{file}: {string.Join("; ", problems.Distinct())}");
        // Where every layer attends there are no slots for states, and nothing may ask for any.
        return config.Recurrent?.Layers.Contains(true) == false ? config with { Recurrent = null } : config;
    }

    private static ModelFamily FindFamily(JsonFields fields, string file)
    {
        var architecture = fields.Texts("architectures")?.FirstOrDefault();
        var family = architecture is not null
            ? ModelFamilies.All.FirstOrDefault(candidate => candidate.Architecture == architecture)
            : ModelFamilies.All.FirstOrDefault(candidate => candidate.ModelType == fields.Text("model_type"));
        if (family is not null) return family;
        var (key, value) = architecture is not null ? ("architectures", architecture) : ("model_type", fields.Text("model_type") ?? "missing");
        throw new ModelFormatException(file, key, $"{value} is not supported{TextPart.Unknown(fields)}", $"supported are {string.Join(", ", ModelFamilies.All.Select(known => known.Architecture))}");
    }

    private static ModelConfig ReadShared(JsonFields fields, ModelFamily family)
    {
        var keys = family.KeysOf(fields);
        var hidden = fields.RequiredInt(keys.HiddenSize, 1, 1 << 17);
        var heads = Size(fields, keys.Heads, 4096, family.DefaultHeadCount);
        var kvHeads = fields.Int(keys.KvHeads, 1, 4096) ?? family.DefaultKvHeadCount ?? heads;
        if (heads % kvHeads != 0) fields.Problem(keys.Heads, $"is {heads}, but must be a multiple of {keys.KvHeads}, which is {kvHeads}");
        var layers = family.LayersOf(fields) ?? fields.RequiredInt(keys.Layers, 1, 4096);
        var vocabulary = Size(fields, "vocab_size", 1 << 22, family.DefaultVocabSize);
        var maxPositions = fields.Int(keys.MaxPositions, 1, 1 << 24) ?? family.DefaultMaxPositions;
        _ = QuantizationConfig.Read(fields); // notes what is not supported
        var sizes = family.HeadSizes(fields);
        var headDim = sizes?.HeadDim ?? ReadHeadDim(fields, family, hidden, heads);
        var rotaryDim = sizes?.RotaryDim ?? (family.HasRope ? ReadRotaryDim(fields, family, headDim) : 0);
        var ropes = family.HasRope ? RopeConfigReader.Read(fields, keys.RopeTheta, family.DefaultTheta, maxPositions, rotaryDim) : [];
        return new ModelConfig
        {
            Architecture = family.Architecture,
            HiddenSize = hidden,
            LayerCount = layers,
            HeadCount = heads,
            KvHeadCount = kvHeads,
            HeadDim = headDim,
            IntermediateSize = Size(fields, keys.IntermediateSize, 1 << 20, family.DefaultIntermediateSize(hidden)),
            VocabSize = vocabulary,
            NormEps = (float)(fields.Number(keys.NormEps, 1e-12, 1) ?? family.DefaultNormEps),
            MaxPositionEmbeddings = maxPositions,
            TieWordEmbeddings = fields.Bool("tie_word_embeddings") ?? family.DefaultTied,
            SlidingWindows = [.. new int?[layers]],
            Ropes = ropes,
            LayerRopes = [.. Enumerable.Repeat(family.HasRope ? 0 : (int?)null, layers)],
            RotaryDim = rotaryDim,
            Activation = ActivationNames.Read(fields, keys.Activation, family.DefaultActivation),
            WeightType = ReadWeightType(fields),
            // Ids that the vocabulary has not are defaults of the family that nobody took out of a smaller model's file: they never come up.
            EosTokenIds = [.. fields.IntOrInts("eos_token_id", 0, int.MaxValue).Where(id => id < vocabulary)],
            BosTokenId = fields.Int("bos_token_id", 0, int.MaxValue) is { } bos && bos < vocabulary ? bos : null,
        };
    }

    // Required where the family has no default.
    private static int Size(JsonFields fields, string name, int most, int? standIn) =>
        standIn is null ? fields.RequiredInt(name, 1, most) : fields.Int(name, 1, most) ?? standIn.Value;

    private static int ReadHeadDim(JsonFields fields, ModelFamily family, int hidden, int heads)
    {
        const int largest = 1024;
        if ((fields.Int("head_dim", 2, largest) ?? family.DefaultHeadDim) is { } given)
        {
            if (given % 2 != 0) fields.Problem("head_dim", $"is {given}, but must be even");
            return given & ~1;
        }

        if (fields.Has("head_dim")) return 2; // already a problem
        if (hidden % heads == 0 && hidden / heads is >= 2 and <= largest && hidden / heads % 2 == 0) return hidden / heads;
        fields.Problem(family.Keys.HiddenSize, $"is {hidden} over {heads} heads, but without head_dim each head must get an even number of elements from 2 to {largest}");
        return 2;
    }

    private static int ReadRotaryDim(JsonFields fields, ModelFamily family, int headDim)
    {
        var key = family.Keys.PartialRotary;
        var share = fields.Object("rope_parameters")?.Number("partial_rotary_factor", 0, 1) ?? fields.Number(key, 0, 1) ?? family.DefaultPartialRotary;
        if (share < 1 && !family.HasPartialRotary) fields.Problem(key, FormattableString.Invariant($"is {share}, but only 1 is supported for {family.Architecture}"));
        var rotated = (int)(headDim * share);
        if (rotated >= 2 && rotated % 2 == 0) return rotated;
        fields.Problem(key, FormattableString.Invariant($"is {share}, but of a head's {headDim} elements an even number, at least 2, must be rotated"));
        return 2;
    }

    private static TensorType? ReadWeightType(JsonFields fields)
    {
        var key = fields.Has("dtype") ? "dtype" : "torch_dtype";
        switch (fields.Text(key))
        {
            case null: return null;
            case "bfloat16": return TensorType.BF16;
            case "float16": return TensorType.F16;
            case "float32": return TensorType.F32;
            case var other:
                fields.Problem(key, $"is \"{other}\", but must be bfloat16, float16 or float32");
                return null;
        }
    }
}
