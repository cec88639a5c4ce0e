using System.Runtime.InteropServices;
using Furiosa.Device.Execution;
using Furiosa.Tests.Device.Artifacts;
using Furiosa.Tests.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading.Gguf;

/// <summary>
/// Models written as llama.cpp's converter does give the same bits as their directories, and as artifacts that are built from them. With <c>FURIOSA_KEEP_GGUF</c> in the environment the
/// files are kept in that folder, for <c>bench/agree.mjs</c> to compare with llama.cpp.
/// </summary>
public sealed class GgufFamilyTests
{
    private const string Sizes = """
        "hidden_size":48,"intermediate_size":75,"num_attention_heads":6,"num_key_value_heads":3,"head_dim":8,"num_hidden_layers":2,"vocab_size":83,
        "max_position_embeddings":128,"rms_norm_eps":1e-5,"layer_norm_eps":1e-5,"norm_epsilon":1e-5,"hidden_act":"silu","dtype":"float32"
        """;

    private static readonly string[] References =
    [
        "cohere2", "exaone4", "gemma2", "gemma3", "glm4", "gpt-oss", "gpt2", "granite", "llama", "llama-bias-linear-rope", "llama-yarn", "llama3-rope-tied", "mixtral", "olmo2", "phi3", "qwen2",
        "qwen3", "qwen3-moe", "smollm3",
    ];

    [TestCaseSource(nameof(References))]
    public void Logits_OfAReferenceModel_AreTheDirectorys(string name)
    {
        var original = TestPaths.RequireShared("conformance", "models", name);
        using var copy = new TemporaryDirectory();
        // As float32: constants and frequencies then are not rounded, as they are not in a program that reads GGUF.
        copy.Write("config.json", File.ReadAllText(Path.Combine(original, "config.json")).Replace("\"bfloat16\"", "\"float32\"", StringComparison.Ordinal));
        File.CreateSymbolicLink(Path.Combine(copy.Path, "model.safetensors"), Path.Combine(original, "model.safetensors"));
        // The factors of its frequencies are stored as floats of their own.
        Compare(copy.Path, name, name == "llama3-rope-tied" ? 1e-4 : 0);
    }

    [TestCase("qwen2moe", "Qwen2MoeForCausalLM", "\"num_experts\":5,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"shared_expert_intermediate_size\":50,\"norm_topk_prob\":false")]
    [TestCase("olmoe", "OlmoeForCausalLM", "\"num_key_value_heads\":6,\"num_experts\":5,\"num_experts_per_tok\":2")]
    [TestCase("granitemoe", "GraniteMoeForCausalLM", "\"num_local_experts\":5,\"num_experts_per_tok\":2,\"embedding_multiplier\":3.0,\"attention_multiplier\":0.2,\"residual_multiplier\":0.4,\"logits_scaling\":5.0")]
    [TestCase("olmo", "OlmoForCausalLM", "\"tie_word_embeddings\":false")]
    [TestCase("command-r", "CohereForCausalLM", "\"use_qk_norm\":false,\"logit_scale\":0.3")]
    [TestCase("command-r-norm", "CohereForCausalLM", "\"use_qk_norm\":true,\"logit_scale\":0.3")]
    [TestCase("stablelm", "StableLmForCausalLM", "\"partial_rotary_factor\":0.5,\"use_qkv_bias\":true")]
    [TestCase("stablelm-parallel", "StableLmForCausalLM", "\"partial_rotary_factor\":0.5,\"use_parallel_residual\":true")]
    [TestCase("starcoder2", "Starcoder2ForCausalLM", "\"use_bias\":true", "gelu_pytorch_tanh")]
    [TestCase("phi2", "PhiForCausalLM", "\"partial_rotary_factor\":0.5", "gelu_new")]
    [TestCase("gemma", "GemmaForCausalLM", "\"tie_word_embeddings\":true", "gelu_pytorch_tanh")]
    [TestCase("exaone", "ExaoneForCausalLM", "\"num_layers\":2,\"layer_norm_epsilon\":1e-5,\"activation_function\":\"silu\"")]
    [TestCase("exaone4-long", "Exaone4ForCausalLM", "\"num_hidden_layers\":64,\"sliding_window\":16,\"sliding_window_pattern\":4")]
    [TestCase("gptneox", "GPTNeoXForCausalLM", "\"num_key_value_heads\":6,\"rotary_pct\":0.5", "gelu")]
    [TestCase("gptneox-sequential", "GPTNeoXForCausalLM", "\"num_key_value_heads\":6,\"rotary_pct\":0.25,\"use_parallel_residual\":false", "gelu")]
    [TestCase("olmo3", "Olmo3ForCausalLM", "\"num_hidden_layers\":5,\"sliding_window\":7,\"rope_parameters\":{\"rope_type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32,\"rope_theta\":10000.0}")]
    [TestCase("seed-oss", "SeedOssForCausalLM", "\"attention_bias\":true")]
    [TestCase("arcee", "ArceeForCausalLM", "\"tie_word_embeddings\":false", "relu2")]
    [TestCase("nemotron", "NemotronForCausalLM", "\"norm_eps\":1e-5,\"partial_rotary_factor\":0.5", "relu2")]
    [TestCase("internlm2", "InternLM2ForCausalLM", "\"bias\":false")]
    [TestCase("minicpm", "MiniCPMForCausalLM", "\"scale_emb\":3.0,\"scale_depth\":1.4,\"dim_model_base\":12,\"num_key_value_heads\":6")]
    [TestCase("ernie", "Ernie4_5ForCausalLM", "\"use_bias\":false")]
    [TestCase("ernie-moe", "Ernie4_5_MoeForCausalLM", "\"moe_num_experts\":5,\"moe_k\":2,\"moe_intermediate_size\":37,\"moe_num_shared_experts\":2")]
    [TestCase("dots1", "Dots1ForCausalLM", "\"n_routed_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"n_shared_experts\":2,\"first_k_dense_replace\":1,\"routed_scaling_factor\":1.5,\"norm_topk_prob\":true,\"sliding_window\":null,\"num_key_value_heads\":6")]
    [TestCase("glm4moe", "Glm4MoeForCausalLM", "\"n_routed_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"n_shared_experts\":1,\"routed_scaling_factor\":1.5,\"attention_bias\":true,\"use_qk_norm\":true")]
    [TestCase("minimax-m2", "MiniMaxM2ForCausalLM", "\"rotary_dim\":4,\"num_local_experts\":5,\"num_experts_per_tok\":2,\"rope_theta\":10000.0")]
    [TestCase("deepseek-v2-lite", "DeepseekV2ForCausalLM", "\"kv_lora_rank\":16,\"qk_nope_head_dim\":6,\"qk_rope_head_dim\":4,\"v_head_dim\":8,\"q_lora_rank\":null,\"n_routed_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"n_shared_experts\":2,\"first_k_dense_replace\":1,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32,\"mscale\":1.0,\"mscale_all_dim\":1.0}")]
    [TestCase("deepseek-v3", "DeepseekV3ForCausalLM", "\"kv_lora_rank\":16,\"qk_nope_head_dim\":6,\"qk_rope_head_dim\":4,\"v_head_dim\":8,\"q_lora_rank\":24,\"n_routed_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"n_group\":3,\"topk_group\":2,\"first_k_dense_replace\":1,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32,\"mscale\":1.0,\"mscale_all_dim\":1.0}")]
    [TestCase("minicpm3", "MiniCPM3ForCausalLM", "\"kv_lora_rank\":16,\"qk_nope_head_dim\":6,\"qk_rope_head_dim\":4,\"v_head_dim\":8,\"q_lora_rank\":24,\"scale_emb\":12.0,\"scale_depth\":1.4,\"dim_model_base\":256")]
    [TestCase("ministral3", "Ministral3ForCausalLM", "\"rope_parameters\":{\"rope_type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32,\"rope_theta\":10000.0,\"mscale\":1.0,\"mscale_all_dim\":1.0,\"llama_4_scaling_beta\":0.25}")]
    [TestCase("hunyuan", "HunYuanDenseV1ForCausalLM", "\"rope_theta\":5000.0")]
    [TestCase("falcon", "FalconForCausalLM", "\"multi_query\":true,\"activation\":\"gelu\",\"ffn_hidden_size\":75,\"layer_norm_epsilon\":1e-5")]
    [TestCase("bloom", "BloomForCausalLM", "\"n_head\":6,\"n_layer\":2,\"seq_length\":128,\"layer_norm_epsilon\":1e-5", "gelu")]
    [TestCase("mpt", "MptForCausalLM", "\"d_model\":48,\"n_heads\":6,\"n_layers\":2,\"max_seq_len\":128,\"layer_norm_epsilon\":1e-5,\"attn_config\":{\"alibi_bias_max\":6,\"clip_qkv\":0.6}")]
    [TestCase("olmo-clipped", "OlmoForCausalLM", "\"tie_word_embeddings\":false,\"clip_qkv\":0.5")]
    [TestCase("stablelm-norm", "StableLmForCausalLM", "\"partial_rotary_factor\":0.5,\"use_parallel_residual\":true,\"qk_layernorm\":true")]
    [TestCase("granitemoe-shared", "GraniteMoeSharedForCausalLM", "\"num_local_experts\":5,\"num_experts_per_tok\":2,\"shared_intermediate_size\":51,\"embedding_multiplier\":3.0,\"attention_multiplier\":0.2,\"residual_multiplier\":0.4,\"logits_scaling\":5.0")]
    [TestCase("lfm2", "Lfm2ForCausalLM", "\"num_hidden_layers\":5,\"norm_eps\":1e-5,\"block_auto_adjust_ff_dim\":false,\"layer_types\":[\"conv\",\"full_attention\",\"conv\",\"conv\",\"full_attention\"],\"conv_L_cache\":4,\"rope_theta\":10000.0")]
    [TestCase("lfm2moe", "Lfm2MoeForCausalLM", "\"norm_eps\":1e-5,\"num_dense_layers\":1,\"num_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"full_attn_idxs\":[1]")]
    [TestCase("qwen3next", "Qwen3NextForCausalLM", "\"num_hidden_layers\":4,\"full_attention_interval\":2,\"linear_num_key_heads\":3,\"linear_num_value_heads\":6,\"linear_key_head_dim\":10,\"linear_value_head_dim\":10,\"linear_conv_kernel_dim\":4,\"partial_rotary_factor\":0.5,\"rope_theta\":10000.0,\"num_experts\":5,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"shared_expert_intermediate_size\":50")]
    [TestCase("qwen35", "Qwen3_5ForCausalLM", "\"num_hidden_layers\":4,\"full_attention_interval\":2,\"linear_num_key_heads\":3,\"linear_num_value_heads\":6,\"linear_key_head_dim\":10,\"linear_value_head_dim\":10,\"linear_conv_kernel_dim\":4,\"partial_rotary_factor\":0.5,\"rope_theta\":10000.0")]
    [TestCase("qwen35-long-values", "Qwen3_5ForCausalLM", "\"num_hidden_layers\":4,\"linear_num_key_heads\":3,\"linear_num_value_heads\":6,\"linear_key_head_dim\":10,\"linear_value_head_dim\":14,\"linear_conv_kernel_dim\":4,\"partial_rotary_factor\":0.5,\"rope_theta\":10000.0")]
    [TestCase("qwen35moe", "Qwen3_5MoeForCausalLM", "\"num_hidden_layers\":4,\"linear_num_key_heads\":3,\"linear_num_value_heads\":6,\"linear_key_head_dim\":10,\"linear_value_head_dim\":10,\"linear_conv_kernel_dim\":4,\"partial_rotary_factor\":0.5,\"rope_theta\":10000.0,\"num_experts\":5,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"shared_expert_intermediate_size\":50")]
    [TestCase("granitehybrid", "GraniteMoeHybridForCausalLM", "\"num_hidden_layers\":3,\"layer_types\":[\"mamba\",\"attention\",\"mamba\"],\"num_local_experts\":0,\"shared_intermediate_size\":75,\"mamba_n_heads\":8,\"mamba_d_head\":12,\"mamba_d_state\":10,\"mamba_n_groups\":1,\"mamba_d_conv\":4,\"mamba_expand\":2,\"embedding_multiplier\":3.0,\"attention_multiplier\":0.2,\"residual_multiplier\":0.4,\"logits_scaling\":5.0")]
    [TestCase("granitehybrid-experts", "GraniteMoeHybridForCausalLM", "\"num_hidden_layers\":3,\"layer_types\":[\"mamba\",\"attention\",\"mamba\"],\"num_local_experts\":5,\"num_experts_per_tok\":2,\"shared_intermediate_size\":51,\"mamba_n_heads\":8,\"mamba_d_head\":12,\"mamba_d_state\":10,\"mamba_n_groups\":1,\"mamba_d_conv\":4,\"mamba_expand\":2,\"embedding_multiplier\":3.0,\"attention_multiplier\":0.2,\"residual_multiplier\":0.4,\"logits_scaling\":5.0")]
    [TestCase("bamba", "BambaForCausalLM", "\"num_hidden_layers\":3,\"attn_layer_indices\":[1],\"attn_rotary_emb\":4,\"rope_theta\":10000.0,\"mamba_n_heads\":8,\"mamba_d_head\":12,\"mamba_d_state\":10,\"mamba_n_groups\":1,\"mamba_d_conv\":4,\"mamba_expand\":2")]
    [TestCase("nemotron-h", "NemotronHForCausalLM", "\"num_hidden_layers\":5,\"hybrid_override_pattern\":\"M-*M-\",\"mamba_num_heads\":6,\"mamba_head_dim\":11,\"ssm_state_size\":10,\"n_groups\":3,\"layer_norm_epsilon\":1e-5")]
    [TestCase("nemotron-h-moe", "NemotronHForCausalLM", "\"num_hidden_layers\":5,\"hybrid_override_pattern\":\"ME*ME\",\"n_routed_experts\":6,\"num_experts_per_tok\":2,\"moe_intermediate_size\":37,\"moe_shared_expert_intermediate_size\":50,\"routed_scaling_factor\":1.5,\"mamba_num_heads\":6,\"mamba_head_dim\":11,\"ssm_state_size\":10,\"n_groups\":3,\"layer_norm_epsilon\":1e-5")]
    [TestCase("exaone4-plain", "Exaone4ForCausalLM", "\"sliding_window\":null")]
    public void Logits_OfARandomModel_AreTheDirectorys(string name, string architecture, string own, string activation = "silu")
    {
        var sizes = Sizes.Replace("\"silu\"", $"\"{activation}\"", StringComparison.Ordinal);
        foreach (var member in new[] { "\"num_hidden_layers\":2,", "\"num_key_value_heads\":3," }.Where(member => own.Contains(member[..^3], StringComparison.Ordinal)))
            sizes = sizes.Replace(member, "", StringComparison.Ordinal);
        using var model = new RandomCheckpoint($$"""{"architectures":["{{architecture}}"],{{sizes}},{{own}}}""");
        Compare(model.Path, name, 0);
    }

    /// <summary>A model whose own words for sizes are others' words for attention.</summary>
    [Test]
    public void Logits_OfMamba2_AreTheDirectorys([Values(1, 3)] int groups)
    {
        using var model = new RandomCheckpoint($$"""
            {"architectures":["Mamba2ForCausalLM"],"hidden_size":33,"num_hidden_layers":3,"vocab_size":83,"num_heads":6,"head_dim":11,"state_size":10,"n_groups":{{groups}},"layer_norm_epsilon":1e-5,"dtype":"float32"}
            """);
        Compare(model.Path, $"mamba2-{groups}", 0);
    }

    // What stacks, turns or reorders tensors is named alike when it is built and when it is served.
    private static void CompareArtifact(string gguf, TemporaryDirectory made, int[] prompt, float[][] expected)
    {
        using var packed = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = BuiltArtifact.Of(gguf, made, tensorParallel: 2) }, tensorParallel: 2);
        var actual = packed.Prefill(prompt);
        for (var row = 0; row < prompt.Length; row++)
            Assert.That(MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row])), $"row {row} of the artifact");
    }

    private static void Compare(string directory, string name, double tolerance)
    {
        using var made = new TemporaryDirectory();
        var path = made.Write("model.gguf", GgufConverter.Convert(directory));
        if (Environment.GetEnvironmentVariable("FURIOSA_KEEP_GGUF") is { Length: > 0 } folder) File.Copy(path, Path.Combine(folder, name + ".gguf"), overwrite: true);
        int[] prompt = [.. Enumerable.Range(1, 50).Select(i => i * 7 % 80)];
        using var original = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = directory });
        using var converted = ReplicaRunner.Open(new ModelHostOptions { ModelDirectory = path }, tensorParallel: 2);
        var (expected, actual) = (original.Prefill(prompt), converted.Prefill(prompt));
        CompareArtifact(path, made, prompt, actual);
        for (var row = 0; row < prompt.Length; row++)
        {
            if (MemoryMarshal.AsBytes<float>(actual[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(expected[row]))) continue;
            var error = Math.Sqrt(actual[row].Zip(expected[row], (a, b) => (double)(a - b) * (a - b)).Sum() / expected[row].Sum(b => (double)b * b));
            Assert.That(error, Is.LessThan(tolerance), $"row {row}: {actual[row][0]} for {expected[row][0]}");
        }
    }
}
