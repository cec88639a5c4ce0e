using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Support;

/// <summary>Writes a model directory of any family as llama.cpp's converter does, in F32: its keys, its names, its order of rows and its stacks of experts.</summary>
internal static partial class GgufConverter
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["model.embed_tokens"] = "token_embd", ["transformer.wte"] = "token_embd", ["gpt_neox.embed_in"] = "token_embd", ["transformer.wpe"] = "position_embd",
        ["model.norm"] = "output_norm", ["transformer.ln_f"] = "output_norm", ["gpt_neox.final_layer_norm"] = "output_norm",
        ["lm_head"] = "output", ["embed_out"] = "output",
        ["input_layernorm"] = "attn_norm", ["ln_1"] = "attn_norm", ["post_attention_layernorm"] = "ffn_norm", ["ln_2"] = "ffn_norm",
        ["self_attn.q_proj"] = "attn_q", ["self_attn.k_proj"] = "attn_k", ["self_attn.v_proj"] = "attn_v", ["self_attn.o_proj"] = "attn_output", ["self_attn.dense"] = "attn_output",
        ["attn.attention.q_proj"] = "attn_q", ["attn.attention.k_proj"] = "attn_k", ["attn.attention.v_proj"] = "attn_v", ["attn.attention.out_proj"] = "attn_output",
        ["self_attn.qkv_proj"] = "attn_qkv", ["attn.c_attn"] = "attn_qkv", ["attention.query_key_value"] = "attn_qkv", ["attn.c_proj"] = "attn_output", ["attention.dense"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm", ["self_attn.k_norm"] = "attn_k_norm", ["self_attn.sinks"] = "attn_sinks.weight",
        ["mlp.gate_proj"] = "ffn_gate", ["mlp.up_proj"] = "ffn_up", ["mlp.down_proj"] = "ffn_down", ["mlp.gate_up_proj"] = "ffn_up", ["mlp.c_fc"] = "ffn_up", ["mlp.c_fc_0"] = "ffn_gate",
        ["mlp.c_fc_1"] = "ffn_up", ["mlp.c_proj"] = "ffn_down", ["mlp.fc1"] = "ffn_up", ["mlp.fc2"] = "ffn_down", ["mlp.dense_h_to_4h"] = "ffn_up", ["mlp.dense_4h_to_h"] = "ffn_down",
        ["mlp.gate"] = "ffn_gate_inp", ["mlp.router"] = "ffn_gate_inp", ["block_sparse_moe.gate"] = "ffn_gate_inp", ["block_sparse_moe.router.layer"] = "ffn_gate_inp",
        ["mlp.shared_expert_gate"] = "ffn_gate_inp_shexp", ["mlp.shared_expert.gate_proj"] = "ffn_gate_shexp", ["mlp.shared_expert.up_proj"] = "ffn_up_shexp", ["mlp.shared_expert.down_proj"] = "ffn_down_shexp",
        ["block_sparse_moe.output_linear"] = "ffn_down_exps",
        ["self_attn.q_a_proj"] = "attn_q_a", ["self_attn.q_a_layernorm"] = "attn_q_a_norm", ["self_attn.q_b_proj"] = "attn_q_b", ["self_attn.kv_a_proj_with_mqa"] = "attn_kv_a_mqa",
        ["self_attn.kv_a_layernorm"] = "attn_kv_a_norm", ["self_attn.kv_b_proj"] = "attn_kv_b",
        ["mlp.shared_experts.gate_proj"] = "ffn_gate_shexp", ["mlp.shared_experts.up_proj"] = "ffn_up_shexp", ["mlp.shared_experts.down_proj"] = "ffn_down_shexp",
        ["mlp.gate.e_score_correction_bias"] = "exp_probs_b.bias", ["mlp.moe_statics.e_score_correction_bias"] = "exp_probs_b.bias",
        ["block_sparse_moe.e_score_correction_bias"] = "exp_probs_b.bias", ["self_attn.query_layernorm"] = "attn_q_norm", ["self_attn.key_layernorm"] = "attn_k_norm",
        ["transformer.word_embeddings"] = "token_embd", ["self_attention.query_key_value"] = "attn_qkv", ["self_attention.dense"] = "attn_output",
        ["model.tok_embeddings"] = "token_embd", ["attention_norm"] = "attn_norm", ["attention.wo"] = "attn_output", ["feed_forward.w1"] = "ffn_gate", ["feed_forward.w3"] = "ffn_up",
        ["feed_forward.w2"] = "ffn_down",
        ["transformer.word_embeddings_layernorm"] = "token_embd_norm", ["transformer.norm_f"] = "output_norm", ["norm_1"] = "attn_norm", ["norm_2"] = "ffn_norm", ["attn.Wqkv"] = "attn_qkv",
        ["attn.out_proj"] = "attn_output", ["ffn.up_proj"] = "ffn_up", ["ffn.down_proj"] = "ffn_down", ["shared_mlp.output_linear"] = "ffn_down_shexp",
        ["model.embedding_norm"] = "token_embd_norm", ["operator_norm"] = "attn_norm", ["ffn_norm"] = "ffn_norm", ["self_attn.out_proj"] = "attn_output", ["self_attn.q_layernorm"] = "attn_q_norm",
        ["self_attn.k_layernorm"] = "attn_k_norm", ["feed_forward.gate"] = "ffn_gate_inp", ["feed_forward.expert_bias"] = "exp_probs_b.bias",
        ["model.final_layernorm"] = "output_norm", ["pre_ff_layernorm"] = "ffn_norm", ["feed_forward.gate_proj"] = "ffn_gate", ["feed_forward.up_proj"] = "ffn_up", ["feed_forward.down_proj"] = "ffn_down",
        ["backbone.embeddings"] = "token_embd", ["backbone.norm_f"] = "output_norm", ["norm"] = "attn_norm", ["mixer.q_proj"] = "attn_q", ["mixer.k_proj"] = "attn_k", ["mixer.v_proj"] = "attn_v",
        ["mixer.o_proj"] = "attn_output", ["mixer.up_proj"] = "ffn_up", ["mixer.down_proj"] = "ffn_down", ["mixer.gate"] = "ffn_gate_inp", ["mixer.gate.e_score_correction_bias"] = "exp_probs_b.bias",
        ["mixer.shared_experts.up_proj"] = "ffn_up_shexp", ["mixer.shared_experts.down_proj"] = "ffn_down_shexp",
        ["conv.in_proj"] = "shortconv.in_proj", ["conv.conv"] = "shortconv.conv", ["conv.out_proj"] = "shortconv.out_proj",
    };

    private static readonly Dictionary<string, string> Sandwich = new()
    {
        ["post_attention_layernorm"] = "post_attention_norm", ["pre_feedforward_layernorm"] = "ffn_norm", ["post_feedforward_layernorm"] = "post_ffw_norm",
    };

    private static readonly Dictionary<string, string> Glm = new() { ["post_self_attn_layernorm"] = "post_attention_norm", ["post_mlp_layernorm"] = "post_ffw_norm" };

    private static readonly Dictionary<string, string> InternLm = new() { ["output"] = "output", ["ffn_norm"] = "ffn_norm" };

    private static readonly Dictionary<string, string> GptOss = new() { ["post_attention_layernorm"] = "post_attention_norm" };

    private static readonly Dictionary<string, Family> Families = new()
    {
        ["LlamaForCausalLM"] = new("llama") { Permutes = true }, ["MistralForCausalLM"] = new("llama") { Permutes = true }, ["MixtralForCausalLM"] = new("llama") { Permutes = true },
        ["Qwen2ForCausalLM"] = new("qwen2"), ["Qwen2MoeForCausalLM"] = new("qwen2moe"), ["Qwen3ForCausalLM"] = new("qwen3"), ["Qwen3MoeForCausalLM"] = new("qwen3moe"),
        ["GemmaForCausalLM"] = new("gemma") { AddsOne = true }, ["Gemma2ForCausalLM"] = new("gemma2") { AddsOne = true, Names = Sandwich }, ["Gemma3ForCausalLM"] = new("gemma3") { AddsOne = true, Names = Sandwich },
        ["PhiForCausalLM"] = new("phi2"), ["Phi3ForCausalLM"] = new("phi3"), ["ExaoneForCausalLM"] = new("exaone"), ["Exaone4ForCausalLM"] = new("exaone4") { Names = Sandwich },
        ["OlmoForCausalLM"] = new("olmo") { Permutes = true }, ["Olmo2ForCausalLM"] = new("olmo2") { Names = Sandwich }, ["Olmo3ForCausalLM"] = new("olmo2") { Names = Sandwich }, ["OlmoeForCausalLM"] = new("olmoe"),
        ["GraniteForCausalLM"] = new("granite") { Permutes = true }, ["GraniteMoeForCausalLM"] = new("granitemoe") { Permutes = true }, ["SmolLM3ForCausalLM"] = new("smollm3") { Permutes = true },
        ["GptOssForCausalLM"] = new("gpt-oss") { Names = GptOss }, ["GPT2LMHeadModel"] = new("gpt2"), ["GPTNeoXForCausalLM"] = new("gptneox"),
        ["CohereForCausalLM"] = new("command-r"), ["Cohere2ForCausalLM"] = new("cohere2"), ["Glm4ForCausalLM"] = new("glm4") { Names = Glm },
        ["SeedOssForCausalLM"] = new("seed_oss") { Names = GptOss }, ["ArceeForCausalLM"] = new("arcee") { Permutes = true }, ["NemotronForCausalLM"] = new("nemotron") { AddsOne = true },
        ["InternLM2ForCausalLM"] = new("internlm2") { Names = InternLm }, ["MiniCPMForCausalLM"] = new("minicpm") { Permutes = true }, ["Ernie4_5ForCausalLM"] = new("ernie4_5"),
        ["Ernie4_5_MoeForCausalLM"] = new("ernie4_5-moe"), ["Dots1ForCausalLM"] = new("dots1"), ["Glm4MoeForCausalLM"] = new("glm4moe") { Names = GptOss },
        ["MiniMaxM2ForCausalLM"] = new("minimax-m2"), ["DeepseekV2ForCausalLM"] = new("deepseek2"), ["DeepseekV3ForCausalLM"] = new("deepseek2"), ["MiniCPM3ForCausalLM"] = new("minicpm3"),
        ["Ministral3ForCausalLM"] = new("mistral3") { Permutes = true }, ["HunYuanDenseV1ForCausalLM"] = new("hunyuan-dense"),
        ["FalconForCausalLM"] = new("falcon"), ["BloomForCausalLM"] = new("bloom"), ["MptForCausalLM"] = new("mpt"), ["GraniteMoeSharedForCausalLM"] = new("granitemoe") { Permutes = true },
        ["StableLmForCausalLM"] = new("stablelm"), ["Starcoder2ForCausalLM"] = new("starcoder2"), ["Lfm2ForCausalLM"] = new("lfm2"), ["Lfm2MoeForCausalLM"] = new("lfm2moe"),
        ["Qwen3NextForCausalLM"] = new("qwen3next") { AddsOne = true, Names = GptOss }, ["Qwen3_5ForCausalLM"] = new("qwen35") { AddsOne = true, Names = GptOss },
        ["Qwen3_5MoeForCausalLM"] = new("qwen35moe") { AddsOne = true, Names = GptOss },
        ["GraniteMoeHybridForCausalLM"] = new("granitehybrid") { Permutes = true }, ["BambaForCausalLM"] = new("granitehybrid") { Permutes = true },
        ["NemotronHForCausalLM"] = new("nemotron_h") { Permutes = true }, ["Mamba2ForCausalLM"] = new("mamba2"),
    };

    /// <summary>The file of a directory's model.</summary>
    public static byte[] Convert(string directory)
    {
        var config = ModelConfig.Read(ModelDirectory.Open(directory));
        var family = Families[config.Architecture];
        if (family.Name == "nemotron_h" && config.Experts is not null) family = family with { Name = "nemotron_h_moe" };
        var writer = WithKeys(new GgufWriter(), family.Name, config);
        using var store = TensorStore.Open(directory);
        var experts = new SortedDictionary<string, List<(int Expert, TensorView Tensor)>>(StringComparer.Ordinal);
        foreach (var tensor in store.Names.Order(StringComparer.Ordinal).Select(name => store.Find(name)!).Where(tensor => tensor.Name != "unused"))
        {
            var match = TensorName().Match(tensor.Name);
            string layer = match.Groups[1].Value, part = match.Groups[2].Value, prefix = layer.Length > 0 ? $"blk.{layer}." : "";
            if (layer.Length > 0 && IsUnread(config, int.Parse(layer, CultureInfo.InvariantCulture), part)) continue;
            if (TryState(writer, config, layer, prefix, part, match.Groups[3].Value, tensor)) continue;
            if (ExpertName().Match(part) is { Success: true } expert)
            {
                var which = expert.Groups[2].Value switch { "w1" => "gate", "w2" => "down", "w3" => "up", var other => other[..^"_proj".Length] };
                var stack = $"{prefix}ffn_{which}_exps.weight";
                if (!experts.TryGetValue(stack, out var list)) experts.Add(stack, list = []);
                list.Add((int.Parse(expert.Groups[1].Value, CultureInfo.InvariantCulture), tensor));
            }
            else if (part == "self_attn.kv_b_proj" && family.Name == "deepseek2")
            {
                SplitLatent(writer, config, prefix, tensor);
            }
            else if (part == "attention.wqkv")
            {
                SplitHeads(writer, config, prefix, match.Groups[3].Value, tensor);
            }
            else if (HeadNorm().Match(part) is { Success: true } head)
            {
                var stack = $"{prefix}attn_{head.Groups[1].Value}_norm.weight";
                if (!experts.TryGetValue(stack, out var list)) experts.Add(stack, list = []);
                list.Add((int.Parse(head.Groups[2].Value, CultureInfo.InvariantCulture), tensor));
            }
            else if (part == "shared_mlp.output_linear" && config.Experts is null)
            {
                writer.Add(prefix + "ffn_down.weight", [.. tensor.Shape], 0, Bytes(tensor.ReadAll()));
            }
            else if (part == "shared_mlp.input_linear")
            {
                var values = tensor.ReadAll();
                foreach (var (name, half) in new[] { ("ffn_gate", 0), ("ffn_up", 1) })
                    writer.Add($"{prefix}{name}{(config.Experts is null ? "" : "_shexp")}.weight", [tensor.Shape[0] / 2, tensor.Shape[1]], 0, Bytes(values.Skip(half * values.Length / 2).Take(values.Length / 2)));
            }
            else if (part == "block_sparse_moe.input_linear" || (part == "mlp.experts.gate_up_proj" && family.Name == "qwen35moe"))
            {
                Split(writer, prefix, tensor);
            }
            else if (part == "mlp.experts.down_proj" && family.Name == "qwen35moe")
            {
                writer.Add(prefix + "ffn_down_exps.weight", [.. tensor.Shape], 0, Bytes(tensor.ReadAll()));
            }
            else if (part.StartsWith("mlp.experts.", StringComparison.Ordinal))
            {
                ByInput(writer, prefix, part, tensor);
            }
            else
            {
                Plain(writer, config, family, prefix, part, match.Groups[3].Value, tensor);
            }
        }

        foreach (var (name, list) in experts)
            writer.Add(name, [list.Count, .. list[0].Tensor.Shape], 0, Bytes(list.OrderBy(item => item.Expert).SelectMany(item => item.Tensor.ReadAll())));
        return writer.Write();
    }

    // A random checkpoint may have a dense block, or another kind of attention, where nobody reads it.
    private static bool IsUnread(ModelConfig config, int layer, string part) =>
        (config.HasExperts(layer) && part is "mlp.gate_proj" or "mlp.up_proj" or "mlp.down_proj" or "feed_forward.w1" or "feed_forward.w2" or "feed_forward.w3")
        || (!config.HasExperts(layer) && config.Experts is not null && part.StartsWith("feed_forward.", StringComparison.Ordinal) && part is not ("feed_forward.w1" or "feed_forward.w2" or "feed_forward.w3"))
        || IsOfAnother(config, layer, part)
        || (config.ShortConv is not null && part.StartsWith(config.IsConv(layer) ? "self_attn." : "conv.", StringComparison.Ordinal));

    /// <summary>A tensor's name in the format, by its Hugging Face name, where the usual one is meant.</summary>
    public static string NameOf(string name)
    {
        var match = TensorName().Match(name);
        return $"{(match.Groups[1].Length > 0 ? $"blk.{match.Groups[1].Value}." : "")}{Names[match.Groups[2].Value]}.{match.Groups[3].Value}";
    }

    private static void Plain(GgufWriter writer, ModelConfig config, Family family, string prefix, string part, string suffix, TensorView tensor)
    {
        var values = tensor.ReadAll();
        var shape = tensor.Shape.ToArray();
        if (family.Permutes && part is "self_attn.q_proj" or "self_attn.k_proj" or "mixer.q_proj" or "mixer.k_proj") values = Permuted(values, (int)shape[0], config.HeadDim);
        if (family.AddsOne && part.EndsWith("norm", StringComparison.Ordinal) && suffix != "bias") values = [.. values.Select(value => value + 1)];
        if (part is "attention.query_key_value" or "self_attention.query_key_value") values = ByKind(values, config);
        if (part.EndsWith("correction_bias", StringComparison.Ordinal)) shape = [tensor.ElementCount];
        if (part == "conv.conv") shape = [shape[0], shape[2]];
        if (family.Name == "gpt2" && shape.Length == 2 && prefix.Length > 0) (values, shape) = (Transposed(values, (int)shape[1]), [shape[1], shape[0]]);
        if (part == "mlp.shared_expert_gate") shape = [tensor.ElementCount];
        var name = family.Names.GetValueOrDefault(part) ?? Names[part];
        writer.Add(prefix + (name.EndsWith(".bias", StringComparison.Ordinal) || name.EndsWith(".weight", StringComparison.Ordinal) ? name : $"{name}.{suffix}"), shape, 0, Bytes(values));
    }

    private static GgufWriter WithKeys(GgufWriter writer, string family, ModelConfig config)
    {
        writer.Set("general.architecture", family).Set("general.name", "converted");
        void Set(string key, object value) => writer.Set($"{family}.{key}", value);
        Set("block_count", config.LayerCount);
        Set("context_length", config.MaxPositionEmbeddings);
        Set("embedding_length", config.HiddenSize);
        Set("feed_forward_length", config.IntermediateSize);
        Set("attention.head_count", config.HeadCount);
        Set("attention.head_count_kv", config.KvHeadCount);
        Set("attention.key_length", config.HeadDim);
        Set("attention.value_length", config.HeadDim);
        Set("attention.layer_norm_rms_epsilon", config.NormEps);
        Set("attention.layer_norm_epsilon", config.NormEps);
        Set("vocab_size", config.VocabSize);
        if (config.RotaryDim > 0) Set("rope.dimension_count", config.RotaryDim);
        if (config.SlidingWindows.FirstOrDefault(window => window is not null) is { } window) Set("attention.sliding_window", window);
        if (config.LogitScale != 1) Set("logit_scale", family.StartsWith("granite", StringComparison.Ordinal) || family == "minicpm" ? 1 / config.LogitScale : config.LogitScale);
        if (config.Architecture.StartsWith("Granite", StringComparison.Ordinal))
        {
            Set("residual_scale", config.ResidualScale);
            Set("embedding_scale", config.EmbeddingScale);
            Set("attention.scale", config.AttentionScale!.Value);
        }

        if (config.Latent is { } latent)
        {
            var absorbed = family == "deepseek2";
            if (latent.QueryRank > 0) Set("attention.q_lora_rank", latent.QueryRank);
            Set("attention.kv_lora_rank", latent.KeyRank);
            Set("attention.head_count_kv", absorbed ? 1 : config.KvHeadCount);
            Set("attention.key_length", absorbed ? latent.KeyRank + config.RotaryDim : config.HeadDim);
            Set("attention.value_length", absorbed ? latent.KeyRank : config.ValueDim);
            if (absorbed) Set("attention.key_length_mla", config.HeadDim);
            if (absorbed) Set("attention.value_length_mla", config.ValueDim);
        }

        if (family == "minicpm")
        {
            Set("residual_scale", config.ResidualScale);
            Set("embedding_scale", config.EmbeddingScale);
        }

        if (config.ShortConv is { } conv)
        {
            Set("shortconv.l_cache", conv.Length);
            Set("attention.head_count_kv", conv.Layers.Select(isConv => isConv ? 0 : config.KvHeadCount).ToArray());
        }

        WithStates(writer, family, config);
        if (config.QkvClip > 0) Set("attention.clamp_kqv", config.QkvClip);
        if (family == "mpt") Set("attention.max_alibi_bias", (float)config.Alibi!.MaxBias);
        if (config.AttentionSoftCap > 0) Set("attn_logit_softcapping", config.AttentionSoftCap);
        if (config.LogitSoftCap > 0) Set("final_logit_softcapping", config.LogitSoftCap);
        if (family is "gptneox" or "stablelm") Set("use_parallel_residual", config.ParallelResidual);
        if (config.Experts is { } experts)
        {
            Set("expert_count", experts.Count);
            Set("expert_used_count", experts.PerToken);
            Set("expert_feed_forward_length", experts.Width);
            if (experts.SharedWidth > 0) Set("expert_shared_feed_forward_length", experts.SharedWidth);
            Set("expert_shared_count", experts.SharedWidth / experts.Width);
            Set("leading_dense_block_count", experts.Layers.TakeWhile(routes => !routes).Count());
            Set("interleave_moe_layer_step", 1);
            Set("expert_weights_scale", experts.Scale);
            Set("expert_weights_norm", experts.Normalized);
            if (experts.Sigmoid) Set("expert_gating_func", 2);
            if (experts.Groups > 1) Set("expert_group_count", experts.Groups);
            if (experts.Groups > 1) Set("expert_group_used_count", experts.GroupsPerToken);
        }

        if (!config.Ropes.IsEmpty) WithRotation(writer, family, config, config.Ropes[0]);
        return WithVocabulary(writer, config.VocabSize);
    }

    private static void WithRotation(GgufWriter writer, string family, ModelConfig config, RopeConfig rope)
    {
        writer.Set($"{family}.rope.freq_base", (float)rope.Theta);
        if (rope.Type == RopeType.Llama3)
        {
            float[] plain = RopeFrequencies.Inverse(new RopeConfig { Theta = rope.Theta }, config.RotaryDim), scaled = RopeFrequencies.Inverse(rope, config.RotaryDim);
            writer.Add("rope_freqs.weight", [plain.Length], 0, Bytes(plain.Zip(scaled, (a, b) => a / b)));
        }
        else if (rope.Type is RopeType.Yarn or RopeType.Linear)
        {
            writer.Set($"{family}.rope.scaling.type", rope.Type == RopeType.Yarn ? "yarn" : "linear").Set($"{family}.rope.scaling.factor", (float)rope.Factor);
            if (rope.Type == RopeType.Yarn) writer.Set($"{family}.rope.scaling.original_context_length", rope.OriginalMaxPositions);
            if (rope.MscaleAllDim is { } scale) writer.Set($"{family}.rope.scaling.yarn_log_multiplier", (float)(family == "deepseek2" ? 0.1 * scale : scale));
            if (config.QueryGrowth is { } growth) writer.Set($"{family}.attention.temperature_scale", (float)growth.Factor);
        }
    }

    // Byte-level tokens as far as they go, so that text can be served.
    private static GgufWriter WithVocabulary(GgufWriter writer, int size)
    {
        string[] tokens = [.. Enumerable.Range(0, size).Select(id => id < 3 ? new[] { "<s>", "</s>", "<pad>" }[id] : id < 259 ? ByteText(id - 3) : $"[{id}]")];
        return writer.Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.token_type", Enumerable.Range(0, size).Select(id => id < 3 ? 3 : 1).ToArray()).Set("tokenizer.ggml.merges", new[] { $"{ByteText(0)} {ByteText(1)}" })
            .Set("tokenizer.ggml.bos_token_id", 0).Set("tokenizer.ggml.eos_token_id", 1).Set("tokenizer.ggml.padding_token_id", 2).Set("tokenizer.ggml.add_bos_token", false);
    }

    // GPT-2's letters for bytes: those that can be printed stand for themselves.
    private static string ByteText(int value)
    {
        static bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return ((char)(Printable(value) ? value : 256 + Enumerable.Range(0, value).Count(b => !Printable(b)))).ToString();
    }

    private static void Split(GgufWriter writer, string prefix, TensorView tensor)
    {
        long count = tensor.Shape[0], width = tensor.Shape[1] / 2, columns = tensor.Shape[2];
        var values = tensor.ReadAll();
        foreach (var (name, half) in new[] { ("ffn_gate_exps", 0), ("ffn_up_exps", 1) })
        {
            var part = Enumerable.Range(0, (int)count).SelectMany(expert => values.Skip((int)((2 * expert + half) * width * columns)).Take((int)(width * columns)));
            writer.Add($"{prefix}{name}.weight", [count, width, columns], 0, Bytes(part));
        }
    }

    // gpt-oss: [expert, inputs, outputs], gate and up in turn.
    private static void ByInput(GgufWriter writer, string prefix, string part, TensorView tensor)
    {
        var values = tensor.ReadAll();
        var isBias = part.EndsWith("_bias", StringComparison.Ordinal);
        var shape = tensor.Shape.ToArray();
        int experts = (int)shape[0], inputs = isBias ? 1 : (int)shape[1], outputs = (int)shape[^1];
        var isDown = part.Contains("down", StringComparison.Ordinal);
        foreach (var (name, first, step) in isDown ? new[] { ("ffn_down_exps", 0, 1) } : [("ffn_gate_exps", 0, 2), ("ffn_up_exps", 1, 2)])
        {
            var rows = outputs / step;
            var picked = new float[experts * rows * inputs];
            for (var i = 0; i < picked.Length; i++)
            {
                int expert = i / (rows * inputs), row = i / inputs % rows, input = i % inputs;
                picked[i] = values[(expert * inputs + input) * outputs + row * step + first];
            }

            writer.Add($"{prefix}{name}.{(isBias ? "bias" : "weight")}", isBias ? [experts, rows] : [experts, rows, inputs], 0, Bytes(picked));
        }
    }

    // Of each head, element i of the first half, then element i of the second.
    private static float[] Permuted(float[] values, int rows, int headDim)
    {
        int columns = values.Length / rows, half = headDim / 2;
        var result = new float[values.Length];
        for (var row = 0; row < rows; row++)
        {
            int head = row / headDim, part = row % headDim / half, i = row % half;
            values.AsSpan(row * columns, columns).CopyTo(result.AsSpan((head * headDim + 2 * i + part) * columns));
        }

        return result;
    }

    // Of all KV heads their queries, then their keys, then their values.
    private static float[] ByKind(float[] values, ModelConfig config)
    {
        int group = config.HeadCount / config.KvHeadCount, columns = values.Length / ((group + 2) * config.KvHeadCount * config.HeadDim), block = config.HeadDim * columns;
        return [.. new[] { (0, group), (group, 1), (group + 1, 1) }.SelectMany(part => Enumerable.Range(0, config.KvHeadCount).SelectMany(
            head => values.Skip((head * (group + 2) + part.Item1) * block).Take(part.Item2 * block)))];
    }

    // Each head's key part transposed, and its value part.
    private static void SplitLatent(GgufWriter writer, ModelConfig config, string prefix, TensorView tensor)
    {
        var latent = config.Latent!;
        int width = (latent.PlainDim + config.ValueDim) * latent.KeyRank, keys = latent.PlainDim * latent.KeyRank;
        float[][] heads = [.. tensor.ReadAll().Chunk(width)];
        writer.Add(prefix + "attn_k_b.weight", [heads.Length, latent.KeyRank, latent.PlainDim], 0, Bytes(heads.SelectMany(head => Transposed(head[..keys], latent.KeyRank))));
        writer.Add(prefix + "attn_v_b.weight", [heads.Length, config.ValueDim, latent.KeyRank], 0, Bytes(heads.SelectMany(head => head[keys..])));
    }

    private static void SplitHeads(GgufWriter writer, ModelConfig config, string prefix, string suffix, TensorView tensor)
    {
        float[] values = ByKind(tensor.ReadAll(), config);
        int columns = values.Length / (config.QueryWidth + 2 * config.KvWidth), next = 0;
        foreach (var (name, rows) in new[] { ("attn_q", config.QueryWidth), ("attn_k", config.KvWidth), ("attn_v", config.KvWidth) })
        {
            float[] part = values[next..(next += rows * columns)];
            writer.Add($"{prefix}{name}.{suffix}", suffix == "bias" ? [rows] : [rows, columns], 0, Bytes(name == "attn_v" ? part : Permuted(part, rows, config.HeadDim)));
        }
    }

    private static float[] Transposed(float[] values, int columns)
    {
        var rows = values.Length / columns;
        var turned = new float[values.Length];
        for (var i = 0; i < values.Length; i++) turned[i % columns * rows + i / columns] = values[i];
        return turned;
    }

    private static byte[] Bytes(IEnumerable<float> values) => MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray();

    [GeneratedRegex(@"^(?:(?:model\.layers|backbone\.layers|transformer\.h|transformer\.blocks|gpt_neox\.layers)\.(\d+)\.)?(.*?)(?:\.(weight|bias))?$")]
    private static partial Regex TensorName();

    [GeneratedRegex(@"^(?:mlp|block_sparse_moe|feed_forward|mixer)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w[123])$")]
    private static partial Regex ExpertName();

    [GeneratedRegex(@"^self_attn\.([qk])_layernorm\.norms\.(\d+)$")]
    private static partial Regex HeadNorm();

    private sealed record Family(string Name)
    {
        public bool Permutes { get; init; }

        public bool AddsOne { get; init; }

        public Dictionary<string, string> Names { get; init; } = [];
    }
}
