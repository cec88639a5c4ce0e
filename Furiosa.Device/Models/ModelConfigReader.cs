using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>Reads the fields that all families share and lets the family add its own.</summary>
internal static class ModelConfigReader
{
    public static ModelConfig Read(JsonElement root, string file)
    {
        var problems = new List<string>();
        var fields = new JsonFields(root, problems);
        var family = FindFamily(fields, file);
        var config = family.Complete(ReadShared(fields, family), fields);
        if (problems.Count > 0) throw new ModelFormatException($"{file}: {string.Join("; ", problems)}");
        return config;
    }

    private static ModelFamily FindFamily(JsonFields fields, string file)
    {
        var architecture = fields.Texts("architectures")?.FirstOrDefault();
        var family = architecture is not null
            ? ModelFamilies.All.FirstOrDefault(candidate => candidate.Architecture == architecture)
            : ModelFamilies.All.FirstOrDefault(candidate => candidate.ModelType == fields.Text("model_type"));
        if (family is not null) return family;
        var (key, value) = architecture is not null ? ("architectures", architecture) : ("model_type", fields.Text("model_type") ?? "missing");
        throw new ModelFormatException(file, key, $"{value} is not supported", $"supported are {string.Join(", ", ModelFamilies.All.Select(known => known.Architecture))}");
    }

    private static ModelConfig ReadShared(JsonFields fields, ModelFamily family)
    {
        var hidden = fields.RequiredInt("hidden_size", 1, 1 << 17);
        var heads = fields.RequiredInt("num_attention_heads", 1, 4096);
        var kvHeads = fields.Int("num_key_value_heads", 1, 4096) ?? family.DefaultKvHeadCount ?? heads;
        if (heads % kvHeads != 0) fields.Problem("num_attention_heads", $"is {heads}, but must be a multiple of num_key_value_heads, which is {kvHeads}");
        var layers = fields.RequiredInt("num_hidden_layers", 1, 4096);
        var vocabulary = fields.RequiredInt("vocab_size", 1, 1 << 22);
        var maxPositions = fields.Int("max_position_embeddings", 1, 1 << 24) ?? family.DefaultMaxPositions;
        RopeConfigReader.RefusePartialRotation(fields);
        if (fields.Has("quantization_config")) fields.Problem("quantization_config", "is present, but only unquantised BF16, F16 and F32 checkpoints are supported");
        return new ModelConfig
        {
            Architecture = family.Architecture,
            HiddenSize = hidden,
            LayerCount = layers,
            HeadCount = heads,
            KvHeadCount = kvHeads,
            HeadDim = ReadHeadDim(fields, family, hidden, heads),
            IntermediateSize = fields.RequiredInt("intermediate_size", 1, 1 << 20),
            VocabSize = vocabulary,
            RmsNormEps = (float)(fields.Number("rms_norm_eps", 1e-12, 1) ?? 1e-6),
            MaxPositionEmbeddings = maxPositions,
            TieWordEmbeddings = fields.Bool("tie_word_embeddings") ?? false,
            SlidingWindows = [.. new int?[layers]],
            Rope = RopeConfigReader.Read(fields, 10000, maxPositions),
            Activation = ReadActivation(fields),
            WeightType = ReadWeightType(fields),
            EosTokenIds = [.. fields.IntOrInts("eos_token_id", 0, vocabulary - 1)],
            BosTokenId = fields.Int("bos_token_id", 0, vocabulary - 1),
        };
    }

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
        fields.Problem("hidden_size", $"is {hidden} over {heads} heads, but without head_dim each head must get an even number of elements from 2 to {largest}");
        return 2;
    }

    private static HiddenActivation ReadActivation(JsonFields fields)
    {
        var name = fields.Text("hidden_act");
        if (name is not (null or "silu" or "swish")) fields.Problem("hidden_act", $"is \"{name}\", but only silu is supported");
        return HiddenActivation.Silu;
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
