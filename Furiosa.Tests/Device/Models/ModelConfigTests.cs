using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

public sealed class ModelConfigTests
{
    private const string Sizes = """
        "hidden_size":128,"intermediate_size":256,"num_attention_heads":8,"num_hidden_layers":4,"vocab_size":512,"max_position_embeddings":512
        """;

    [Test]
    public void Parse_OlderForm_ReadsScalingAndType()
    {
        var config = Parse($$"""
            {"architectures":["LlamaForCausalLM"],{{Sizes}},"num_key_value_heads":2,"rope_theta":500000.0,"torch_dtype":"bfloat16","rms_norm_eps":1e-5,
             "rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,"rope_type":"llama3"},"eos_token_id":[1,2]}
            """);

        Assert.That(config.Ropes[0], Is.EqualTo(new RopeConfig { Theta = 500000, Type = RopeType.Llama3, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalMaxPositions = 64 }));
        Assert.That(config.WeightType, Is.EqualTo(TensorType.BF16));
        Assert.That((config.HeadDim, config.KvHeadCount, config.NormEps), Is.EqualTo((16, 2, 1e-5f)));
        Assert.That(config.EosTokenIds, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Parse_NewerForm_ReadsTheSame()
    {
        var older = Parse($$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"rope_theta":20000.0,"torch_dtype":"float16","rope_scaling":{"type":"linear","factor":2} }""");
        var newer = Parse($$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"dtype":"float16","rope_parameters":{"rope_theta":20000.0,"rope_type":"linear","factor":2} }""");

        Assert.That(newer.Ropes[0], Is.EqualTo(older.Ropes[0]));
        Assert.That(newer.Ropes[0], Is.EqualTo(new RopeConfig { Theta = 20000, Type = RopeType.Linear, Factor = 2 }));
        Assert.That(newer.WeightType, Is.EqualTo(older.WeightType));
    }

    [TestCase("LlamaForCausalLM", """ "attention_bias":true,"mlp_bias":true """, true, true, true, false)]
    [TestCase("LlamaForCausalLM", """ "attention_bias":false """, false, false, false, false)]
    [TestCase("MistralForCausalLM", """ "sliding_window":null """, false, false, false, false)]
    [TestCase("Qwen2ForCausalLM", """ "num_key_value_heads":4 """, true, false, false, false)]
    [TestCase("Qwen3ForCausalLM", """ "num_key_value_heads":4,"head_dim":32 """, false, false, false, true)]
    public void Parse_Family_KnowsItsBiasesAndNorms(string architecture, string more, bool attention, bool output, bool mlp, bool qkNorm)
    {
        var config = Parse($$"""{"architectures":["{{architecture}}"],{{Sizes}},{{more}}}""");

        Assert.That((config.AttentionBias, config.AttentionOutputBias, config.MlpBias, config.QkNorm == QkNorm.Head), Is.EqualTo((attention, output, mlp, qkNorm)));
        Assert.That(string.Join(",", config.SlidingWindows), Is.EqualTo(",,,"));
    }

    [TestCase("MistralForCausalLM", """ "sliding_window":16 """, "16,16,16,16")]
    [TestCase("MistralForCausalLM", """ "hidden_act":"silu" """, "4096,4096,4096,4096")]
    [TestCase("Qwen2ForCausalLM", """ "sliding_window":16,"use_sliding_window":true,"max_window_layers":3 """, ",,,16")]
    [TestCase("Qwen2ForCausalLM", """ "sliding_window":16,"use_sliding_window":false,"max_window_layers":3 """, ",,,")]
    [TestCase("Qwen3ForCausalLM", """ "sliding_window":16,"use_sliding_window":true,"layer_types":["sliding_attention","full_attention","full_attention","sliding_attention"] """, "16,,,16")]
    public void Parse_SlidingWindow_GivesOneEntryALayer(string architecture, string more, string expected)
    {
        var config = Parse($$"""{"architectures":["{{architecture}}"],{{Sizes}},"num_key_value_heads":8,{{more}}}""");

        Assert.That(string.Join(",", config.SlidingWindows), Is.EqualTo(expected));
    }

    [Test]
    public void Parse_YarnWithoutFactor_DerivesItFromTheLengths()
    {
        var config = Parse($$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"rope_scaling":{"type":"yarn","original_max_position_embeddings":128} }""");

        Assert.That((config.Ropes[0].Factor, config.Ropes[0].OriginalMaxPositions), Is.EqualTo((4.0, 128)));
    }

    [Test]
    public void Parse_UnknownArchitecture_ListsWhatIsSupported() => Assert.That(
        () => Parse("""{"architectures":["MambaForCausalLM"]}"""),
        Throws.TypeOf<ModelFormatException>().With.Message.Contains("MambaForCausalLM").And.Message.Contains("LlamaForCausalLM, MistralForCausalLM"));

    [Test]
    public void Parse_ManyFaults_NamesAllInOneMessage()
    {
        var error = Assert.Throws<ModelFormatException>(() => Parse("""
            {"architectures":["LlamaForCausalLM"],"hidden_size":-1,"intermediate_size":"big","num_attention_heads":0,"num_hidden_layers":1e9,
             "hidden_act":"mish","rope_scaling":{"rope_type":"stretched"},"dtype":"int4","tie_word_embeddings":"yes","rms_norm_eps":-1}
            """));

        foreach (var key in new[] { "hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "hidden_act", "rope_scaling.rope_type", "dtype", "vocab_size is missing", "tie_word_embeddings", "rms_norm_eps" })
            Assert.That(error.Message, Does.Contain(key));
    }

    [TestCase(""" "num_key_value_heads":3 """, "multiple of num_key_value_heads")]
    [TestCase(""" "num_key_value_heads":0 """, "num_key_value_heads")]
    [TestCase(""" "head_dim":15 """, "even")]
    [TestCase(""" "head_dim":0 """, "head_dim")]
    [TestCase(""" "rope_theta":-1 """, "rope_theta")]
    [TestCase(""" "rope_theta":"x" """, "rope_theta")]
    [TestCase(""" "rope_scaling":{"type":"linear"} """, "factor is missing")]
    [TestCase(""" "rope_scaling":{"type":"llama3","factor":2,"low_freq_factor":4,"high_freq_factor":1,"original_max_position_embeddings":64} """, "high_freq_factor")]
    [TestCase(""" "rope_scaling":[] """, "rope_scaling")]
    [TestCase(""" "rope_scaling":{"type":"longrope","short_factor":[1],"long_factor":[1,1,1,1,1,1,1,1]} """, "short_factor has 1 numbers")]
    [TestCase(""" "rope_scaling":{"type":"su","short_factor":[1,1,1,1,1,1,1,1]} """, "long_factor is missing")]
    [TestCase(""" "rope_scaling":{"type":"dynamic"} """, "factor is missing")]
    [TestCase(""" "partial_rotary_factor":0.5 """, "partial_rotary_factor")]
    [TestCase(""" "quantization_config":{"quant_method":"gptq"} """, "quantization_config")]
    [TestCase(""" "eos_token_id":-1 """, "eos_token_id")]
    [TestCase(""" "hidden_act":"\ud800" """, "hidden_act")]
    public void Parse_BadValue_NamesTheKey(string field, string expected) => Assert.That(
        () => Parse($$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},{{field}}}"""),
        Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));

    /// <summary>Shared experts are computed as one, whose width is a product: 2^32 is 0 and 2^31 below it in 32 bits.</summary>
    [TestCase("DeepseekV3ForCausalLM", """ "moe_intermediate_size":1048576,"n_shared_experts":4096 """, "n_shared_experts is 4096")]
    [TestCase("DeepseekV3ForCausalLM", """ "moe_intermediate_size":524288,"n_shared_experts":4096 """, "n_shared_experts is 4096")]
    [TestCase("Ernie4_5_MoeForCausalLM", """ "moe_intermediate_size":1048576,"moe_num_shared_experts":4096 """, "moe_num_shared_experts is 4096")]
    [TestCase("HunYuanMoEV1ForCausalLM", """ "intermediate_size":1048576,"num_shared_expert":4096 """, "num_shared_expert is 4096")]
    [TestCase("LlamaForCausalLM", """ "hidden_act":"xielu" """, "hidden_act is \"xielu\", but LlamaForCausalLM has a gate")]
    [TestCase("Qwen3MoeForCausalLM", """ "hidden_act":"xielu" """, "hidden_act is \"xielu\", but Qwen3MoeForCausalLM has experts")]
    public void Parse_FieldsThatDoNotGoTogether_NamesTheKey(string architecture, string fields, string expected) => Assert.That(
        () => Parse($$"""{"architectures":["{{architecture}}"],{{Sizes}},{{fields}}}"""),
        Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));

    [Test]
    public void Read_BundledModel_HasItsSizes()
    {
        var config = ModelConfig.Read(ModelDirectory.Open(TestPaths.DemoModel));

        Assert.That((config.HiddenSize, config.HeadCount, config.KvHeadCount, config.HeadDim, config.LayerCount, config.VocabSize), Is.EqualTo((384, 8, 4, 64, 8, 8192)));
        Assert.That(config.TieWordEmbeddings, Is.True);
    }

    [TestCase("llama")]
    [TestCase("llama-bias-linear-rope")]
    [TestCase("llama-yarn")]
    [TestCase("llama3-rope-tied")]
    [TestCase("mistral-sliding")]
    [TestCase("qwen2")]
    [TestCase("qwen3")]
    public void Read_ConformanceModel_MatchesItsTensors(string name)
    {
        var directory = ModelDirectory.Open(TestPaths.RequireShared("conformance", "models", name));
        var config = ModelConfig.Read(directory);
        using var store = directory.OpenTensors();

        store.Get("model.embed_tokens.weight", config.VocabSize, config.HiddenSize);
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            store.Get(prefix + "self_attn.q_proj.weight", config.HeadCount * config.HeadDim, config.HiddenSize);
            store.Get(prefix + "self_attn.k_proj.weight", config.KvHeadCount * config.HeadDim, config.HiddenSize);
            store.Get(prefix + "mlp.down_proj.weight", config.HiddenSize, config.IntermediateSize);
            Assert.That(store.Find(prefix + "self_attn.q_proj.bias") is not null, Is.EqualTo(config.AttentionBias));
            Assert.That(store.Find(prefix + "self_attn.o_proj.bias") is not null, Is.EqualTo(config.AttentionOutputBias));
            Assert.That(store.Find(prefix + "mlp.down_proj.bias") is not null, Is.EqualTo(config.MlpBias));
            Assert.That(store.Find(prefix + "self_attn.q_norm.weight") is not null, Is.EqualTo(config.QkNorm == QkNorm.Head));
        }

        Assert.That(store.Find("lm_head.weight") is null, Is.EqualTo(config.TieWordEmbeddings));
    }

    [TestCase("GPTJForCausalLM")]
    [TestCase("CodeGenForCausalLM")]
    public void Parse_GroupedHeadsOfAFamilyWithout_AreNotTaken(string architecture) => Assert.That(
        Parse($$"""{"architectures":["{{architecture}}"],"n_embd":64,"n_head":16,"n_layer":1,"vocab_size":83,"n_positions":128,"rotary_dim":4,"num_key_value_heads":4}""").KvHeadCount,
        Is.EqualTo(16));

    [Test]
    public void Parse_EndTokensBeyondTheVocabulary_AreLeftOut() =>
        Assert.That(Parse($$"""{"architectures":["LlamaForCausalLM"],{{Sizes}},"eos_token_id":[1,128001],"bos_token_id":128000}"""), Has.Property("EosTokenIds").EquivalentTo(new[] { 1 }).And.Property("BosTokenId").Null);

    private static ModelConfig Parse(string json) => ModelConfig.Parse(JsonDocument.Parse(json).RootElement, "config.json");
}
