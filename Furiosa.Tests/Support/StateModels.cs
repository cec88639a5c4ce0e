using Furiosa.Tests.Device.Models;

namespace Furiosa.Tests.Support;

/// <summary>
/// Small models of random weights whose layers keep states, with the bundled model's tokenizer. Their texts vary, and what a state holds is felt
/// for dozens of positions: with steps as small as trained models have, a wrong state changes an answer.
/// </summary>
internal static class StateModels
{
    private const string Shared = """
        "hidden_size":64,"intermediate_size":96,"vocab_size":8192,"bos_token_id":0,"eos_token_id":2,"tie_word_embeddings":false,"torch_dtype":"float32"
        """;

    private const string Attention = """
        "num_attention_heads":8,"num_key_value_heads":2,"head_dim":16,"max_position_embeddings":2048
        """;

    private const string Own = """
        "num_hidden_layers":7,"ssm_state_size":16,"n_groups":2,"conv_kernel":4,"layer_norm_epsilon":1e-5
        """;

    private static readonly Dictionary<string, string> Configs = new()
    {
        ["qwen3.5"] = $$"""
            {"architectures":["Qwen3_5ForCausalLM"],{{Shared}},{{Attention}},"rms_norm_eps":1e-5,"num_hidden_layers":5,"linear_num_key_heads":4,"linear_num_value_heads":8,
             "linear_key_head_dim":16,"linear_value_head_dim":16,"linear_conv_kernel_dim":4,"partial_rotary_factor":0.25,"rope_theta":10000.0,
             "layer_types":["linear_attention","linear_attention","full_attention","linear_attention","full_attention"]}
            """,
        ["granite-4-h"] = $$"""
            {"architectures":["GraniteMoeHybridForCausalLM"],{{Shared}},{{Attention}},"rms_norm_eps":1e-5,"num_hidden_layers":5,"shared_intermediate_size":96,"num_local_experts":0,
             "mamba_n_heads":8,"mamba_n_groups":1,"mamba_d_head":16,"mamba_d_state":16,"mamba_d_conv":4,"mamba_expand":2,"position_embedding_type":"nope","embedding_multiplier":1.0,
             "attention_multiplier":0.2,"residual_multiplier":1.0,"logits_scaling":1.0,"layer_types":["mamba","attention","mamba","mamba","attention"]}
            """,
        ["nemotron-h"] = $$"""
            {"architectures":["NemotronHForCausalLM"],{{Shared}},{{Attention}},{{Own}},"mamba_num_heads":8,"mamba_head_dim":16,"hybrid_override_pattern":"M*-M*-M","mlp_hidden_act":"relu2",
             "time_step_limit":[0.0, Infinity]}
            """,
        ["mamba2"] = $$"""
            {"architectures":["Mamba2ForCausalLM"],{{Shared}},"num_hidden_layers":4,"num_heads":8,"head_dim":16,"state_size":16,"n_groups":2,"conv_kernel":4,"expand":2,"layer_norm_epsilon":1e-5,
             "time_step_limit":[0.0, Infinity]}
            """,
    };

    /// <summary>What they are called here.</summary>
    public static IEnumerable<string> Names => Configs.Keys;

    /// <summary>Makes one; whoever asks deletes it.</summary>
    public static RandomCheckpoint Make(string name)
    {
        var model = new RandomCheckpoint(Configs[name], Change);
        foreach (var file in new[] { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "chat_template.jinja" })
            File.Copy(Path.Combine(TestPaths.DemoModel, file), Path.Combine(model.Path, file));
        return model;
    }

    private static float Change(string name, float value) => name switch
    {
        // So that the next token is neither certain nor any.
        "lm_head.weight" => value * 3,
        _ when name.EndsWith("dt_bias", StringComparison.Ordinal) => value - 4,
        _ => value,
    };
}
