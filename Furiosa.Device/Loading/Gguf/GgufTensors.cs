using System.Globalization;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>A GGUF model's tensors under the names, and in the order of rows, that Hugging Face's checkpoints have.</summary>
internal static class GgufTensors
{
    private static readonly Dictionary<string, string> Whole = new()
    {
        ["token_embd.weight"] = "model.embed_tokens.weight", ["output_norm.weight"] = "model.norm.weight", ["output.weight"] = "lm_head.weight",
        ["output_norm.bias"] = "model.norm.bias", ["output.bias"] = "lm_head.bias",
    };

    private static readonly Dictionary<string, string> Parts = new()
    {
        ["attn_norm"] = "input_layernorm", ["ffn_norm"] = "post_attention_layernorm",
        ["attn_q"] = "self_attn.q_proj", ["attn_k"] = "self_attn.k_proj", ["attn_v"] = "self_attn.v_proj", ["attn_output"] = "self_attn.o_proj",
        ["attn_qkv"] = "self_attn.qkv_proj", ["attn_q_norm"] = "self_attn.q_norm", ["attn_k_norm"] = "self_attn.k_norm",
        ["ffn_gate"] = "mlp.gate_proj", ["ffn_up"] = "mlp.up_proj", ["ffn_down"] = "mlp.down_proj",
        ["ffn_gate_shexp"] = "mlp.shared_expert.gate_proj", ["ffn_up_shexp"] = "mlp.shared_expert.up_proj", ["ffn_down_shexp"] = "mlp.shared_expert.down_proj",
        ["ffn_gate_inp_shexp"] = "mlp.shared_expert_gate",
        ["attn_q_a"] = "self_attn.q_a_proj", ["attn_q_a_norm"] = "self_attn.q_a_layernorm", ["attn_q_b"] = "self_attn.q_b_proj", ["attn_kv_a_mqa"] = "self_attn.kv_a_proj_with_mqa",
        ["attn_kv_a_norm"] = "self_attn.kv_a_layernorm", ["attn_kv_b"] = "self_attn.kv_b_proj", ["attn_k_b"] = "self_attn.k_b_proj", ["attn_v_b"] = "self_attn.v_b_proj",
    };

    private static readonly Dictionary<string, (string Qwen, string Mixtral)> Experts = new()
    {
        ["ffn_gate_exps"] = ("gate_proj", "w1"), ["ffn_up_exps"] = ("up_proj", "w3"), ["ffn_down_exps"] = ("down_proj", "w2"),
    };

    /// <summary>Adds all tensors that the family has.</summary>
    /// <param name="file">The model.</param>
    /// <param name="tensors">Takes them by their Hugging Face names.</param>
    public static void AddTo(GgufFile file, Dictionary<string, TensorView> tensors)
    {
        var family = GgufConfig.FamilyOf(file.Metadata);
        foreach (var (name, tensor) in file.Tensors)
        {
            if (family.Tensors.TryGetValue(name, out var whole) || Whole.TryGetValue(name, out whole)) Add(tensors, whole, Adjusted(family, whole, tensor));
            else if (name.StartsWith("blk.", StringComparison.Ordinal)) AddPart(file, family, name, tensor, tensors);
        }
    }

    private static void AddPart(GgufFile file, GgufFamily family, string name, TensorView tensor, Dictionary<string, TensorView> tensors)
    {
        var pieces = name.Split('.');
        if (pieces.Length is < 3 or > 5 || !int.TryParse(pieces[1], NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) return;
        // Some parts have a name of two pieces.
        string part = string.Join('.', pieces[2..Math.Max(3, pieces.Length - 1)]), suffix = pieces.Length > 3 ? "." + pieces[^1] : "", prefix = $"{family.LayerPrefix}{layer}.";
        if (family.Recurrent is not null && GgufRecurrentTensors.Find(file, family, part, suffix, tensor) is { } recurrent)
        {
            Add(tensors, prefix + recurrent.Name, recurrent.Tensor);
            return;
        }

        if (part == "attn_sinks")
        {
            Add(tensors, prefix + "self_attn.sinks", tensor);
            return;
        }

        if (part == "exp_probs_b" && family.Corrections is { } corrections)
        {
            Add(tensors, prefix + corrections, family.CorrectionsInRow ? AsRow(tensor) : tensor);
            return;
        }

        if (Experts.TryGetValue(part, out var expert))
        {
            if (family.StacksExperts)
            {
                AddStacked(file, tensors, prefix + "mlp.experts.", part, suffix, tensor);
                return;
            }

            if (family.StacksGateAndUp)
            {
                AddGateBeforeUp(file, tensors, prefix + "block_sparse_moe.", part, tensor);
                return;
            }

            AddExperts(tensors, prefix + (family.ExpertsOfMixtral ?? family.Experts) + "experts.", family.ExpertsOfMixtral is null ? expert.Qwen : expert.Mixtral, suffix, tensor);
            return;
        }

        if (!family.Parts.TryGetValue(part, out var renamed) && !Parts.TryGetValue(part, out renamed))
        {
            if (part != "ffn_gate_inp") return;
            renamed = family.ExpertsOfMixtral is { } block ? block + "gate" : family.Router;
        }

        // A matrix with one output is written as a vector.
        if (part == "ffn_gate_inp_shexp" && tensor.Shape.Length == 1)
            tensor = AsRow(tensor);
        if (part is "attn_q" or "attn_k" && family.InterleavesHeads) tensor = Uninterleaved(file, part, tensor);
        if (part == "attn_qkv" && family.SplitsHeads) tensor = HeadByHead(file, tensor);
        if (family.KeepsInputsAsRows && tensor.Shape.Length == 2)
            tensor = new TensorView(tensor.File, prefix + renamed + suffix, tensor.Type, [tensor.Shape[1], tensor.Shape[0]], tensor.ByteLength, new TransposedRows(tensor));
        Add(tensors, prefix + renamed + suffix, Adjusted(family, renamed, tensor));
    }

    private static TensorView AsRow(TensorView vector) => new(
        vector.File, vector.Name, TensorType.F32, [1, vector.ElementCount], vector.ByteLength, new FixedRows(vector.ReadAll(), vector.ElementCount));

    private static void AddExperts(Dictionary<string, TensorView> tensors, string prefix, string name, string suffix, TensorView stack)
    {
        if (stack.Shape.Length < 2) return;
        long experts = stack.Shape[0], rows = stack.RowCount / experts;
        if (experts > 4096) throw new ModelFormatException(stack.File, $"tensor '{stack.Name}'", $"has {experts:N0} experts", "at most 4,096 are accepted");
        for (var expert = 0L; expert < experts; expert++)
        {
            var first = expert * rows;
            var own = $"{prefix}{expert}.{name}{suffix}";
            Add(tensors, own, new TensorView(stack.File, own, stack.Type, [.. stack.Shape.Skip(1)], stack.ByteLength / experts, new MappedRows(stack, row => first + row)));
        }
    }

    // One tensor with each expert's gate before its up.
    private static void AddGateBeforeUp(GgufFile file, Dictionary<string, TensorView> tensors, string prefix, string part, TensorView tensor)
    {
        if (part == "ffn_down_exps") Add(tensors, prefix + "output_linear.weight", tensor);
        if (part != "ffn_gate_exps" || !file.Tensors.TryGetValue(tensor.Name.Replace("ffn_gate_exps", "ffn_up_exps", StringComparison.Ordinal), out var up)) return;
        if (!up.Shape.SequenceEqual(tensor.Shape) || tensor.Shape.Length != 3) throw new ModelFormatException(up.File, $"tensor '{up.Name}'", "has another shape than the gate's", "both must be alike");
        var type = up.Type == tensor.Type ? up.Type : TensorType.F32;
        Add(tensors, prefix + "input_linear.weight", new TensorView(
            tensor.File, tensor.Name, type, [tensor.Shape[0], 2 * tensor.Shape[1], tensor.Shape[2]], tensor.ByteLength + up.ByteLength, new PairedBlocks(tensor, up, tensor.Shape[1])));
    }

    // One tensor with gate's and up's outputs in turn, under the name of experts whose outputs are rows.
    private static void AddStacked(GgufFile file, Dictionary<string, TensorView> tensors, string prefix, string part, string suffix, TensorView tensor)
    {
        var form = suffix == ".bias" ? "_bias" : "_blocks";
        if (part == "ffn_down_exps") Add(tensors, prefix + "down_proj" + form, tensor);
        if (part != "ffn_gate_exps" || !file.Tensors.TryGetValue(tensor.Name.Replace("ffn_gate_exps", "ffn_up_exps", StringComparison.Ordinal), out var up)) return;
        if (!up.Shape.SequenceEqual(tensor.Shape) || tensor.Shape.Length < 2) throw new ModelFormatException(up.File, $"tensor '{up.Name}'", "has another shape than the gate's", "both must be alike");
        var name = prefix + "gate_up_proj" + form;
        if (suffix != ".bias")
        {
            var type = up.Type == tensor.Type ? up.Type : TensorType.F32;
            Add(tensors, name, new TensorView(tensor.File, name, type, [tensor.Shape[0], 2 * tensor.Shape[1], .. tensor.Shape.Skip(2)], tensor.ByteLength + up.ByteLength, new AlternatingRows(tensor, up)));
            return;
        }

        float[] gates = tensor.ReadAll(), ups = up.ReadAll();
        var values = gates.SelectMany((gate, index) => new[] { gate, ups[index] }).ToArray();
        Add(tensors, name, new TensorView(tensor.File, name, TensorType.F32, [tensor.Shape[0], 2 * tensor.Shape[1]], tensor.ByteLength + up.ByteLength, new FixedRows(values, 2 * tensor.Shape[1])));
    }

    // The converter puts element i of a head's first half beside element i of its second.
    private static TensorView Uninterleaved(GgufFile file, string part, TensorView tensor)
    {
        var rows = RowsOf(tensor);
        var heads = Heads(file, part == "attn_k", tensor);
        long size = rows / heads, half = size / 2;
        return Reordered(tensor, row => row - row % size + 2 * (row % half) + row % size / half);
    }

    // Each KV head's queries, key and value, where the file has all queries, all keys and all values.
    private static TensorView HeadByHead(GgufFile file, TensorView tensor)
    {
        var prefix = GgufConfig.FamilyOf(file.Metadata).Name + ".attention.head_count";
        long heads = file.Metadata.Integer(prefix) ?? 1, keys = file.Metadata.Integer(prefix + "_kv") ?? heads;
        var rows = RowsOf(tensor);
        if (keys < 1 || heads < keys || heads > rows || heads % keys != 0 || rows % (heads + 2 * keys) != 0)
            throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", $"has {rows} rows for {heads} heads and {keys} key heads", "each must have as many rows");
        long size = rows / (heads + 2 * keys), group = heads / keys;
        return Reordered(tensor, row =>
        {
            long block = row / size, key = block / (group + 2), part = block % (group + 2);
            return (part < group ? key * group + part : heads + (part - group) * keys + key) * size + row % size;
        });
    }

    private static long RowsOf(TensorView tensor) => tensor.Shape.Length > 0
        ? tensor.Shape[0]
        : throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", "is a single number", "it must have rows");

    private static long Heads(GgufFile file, bool ofKeys, TensorView tensor)
    {
        var prefix = GgufConfig.FamilyOf(file.Metadata).Name + ".attention.head_count";
        var heads = (ofKeys ? KvHeads(file.Metadata, prefix + "_kv") : null) ?? file.Metadata.Integer(prefix) ?? 1;
        return heads >= 1 && heads <= tensor.Shape[0] && tensor.Shape[0] % (2 * heads) == 0
            ? heads
            : throw new ModelFormatException(tensor.File, $"tensor '{tensor.Name}'", $"has {tensor.Shape[0]} rows for {heads} heads", "each head must have an even number of rows");
    }

    // Where layers are listed, those without attention have none.
    private static long? KvHeads(GgufMetadata metadata, string key) =>
        GgufConfig.IsList(metadata, key) ? metadata.Integers(key)!.DefaultIfEmpty(0).Max() : metadata.Integer(key);

    /// <summary>The same rows in another order.</summary>
    /// <param name="tensor">Rows, or single numbers.</param>
    /// <param name="rowOf">Which of the tensor's rows a row is.</param>
    public static TensorView Reordered(TensorView tensor, Func<long, long> rowOf)
    {
        if (tensor.Shape.Length > 1)
            return new TensorView(tensor.File, tensor.Name, tensor.Type, tensor.Shape, tensor.ByteLength, new MappedRows(tensor, rowOf));
        var values = tensor.ReadAll();
        return new TensorView(
            tensor.File, tensor.Name, tensor.Type, tensor.Shape, tensor.ByteLength, new FixedRows([.. values.Select((_, row) => values[rowOf(row)])], values.Length));
    }

    private static TensorView Adjusted(GgufFamily family, string name, TensorView tensor) => family.AddsOneToNorms && name.Contains("norm", StringComparison.Ordinal) && !tensor.Name.EndsWith(".bias", StringComparison.Ordinal)
        ? new TensorView(tensor.File, tensor.Name, TensorType.F32, tensor.Shape, tensor.ByteLength, new LessOneRows(tensor))
        : tensor;

    // Named alike in and out: an artifact lists what it was packed from by the view's own name.
    private static void Add(Dictionary<string, TensorView> tensors, string name, TensorView tensor) => tensors[name] = tensor.Named(name);
}
