using System.Collections.Immutable;
using Furiosa.Device.Models.Families;

namespace Furiosa.Device.Models;

/// <summary>The architectures this build can run. A new one is a file with a <see cref="ModelFamily"/> and an entry here.</summary>
internal static class ModelFamilies
{
    public static ImmutableArray<ModelFamily> All { get; } =
    [
        new LlamaFamily(), new MistralFamily(), new MixtralFamily(), new Qwen2Family(), new Qwen2MoeFamily(), new Qwen3Family(),
        new Qwen3MoeFamily(), new GemmaFamily(), new Gemma2Family(), new Gemma3Family(), new PhiFamily(), new Phi3Family(), new ExaoneFamily(),
        new Exaone4Family(), new OlmoFamily(), new Olmo2Family(), new Olmo3Family(), new OlmoeFamily(), new GraniteFamily(), new GraniteMoeFamily(),
        new SmolLm3Family(), new GptOssFamily(), new Gpt2Family(), new GptJFamily(), new GptNeoXFamily(), new CohereFamily(), new Cohere2Family(),
        new GlmFamily(), new Glm4Family(), new StableLmFamily(), new Starcoder2Family(), new SeedOssFamily(), new ArceeFamily(), new NemotronFamily(),
        new Ernie45Family(), new Ernie45MoeFamily(), new InternLm2Family(), new MiniCpmFamily(), new MiniCpm3Family(), new DeepSeekV2Family(),
        new DeepSeekV3Family(), new Glm4MoeFamily(), new Glm4MoeLiteFamily(), new Dots1Family(), new MiniMaxM2Family(), new Llama4Family(),
        new Ministral3Family(), new HunYuanFamily(), new GraniteHybridFamily(), new FalconFamily(), new OptFamily(), new GptBigCodeFamily(),
        new BailingMoeFamily(), new GptNeoFamily(), new HeliumFamily(), new PersimmonFamily(), new FlexOlmoFamily(), new HunYuanMoeFamily(),
        new BloomFamily(), new MptFamily(), new CodeGenFamily(), new CwmFamily(), new MinistralFamily(), new VaultGemmaFamily(), new Jais2Family(),
        new YoutuFamily(), new SolarOpenFamily(), new ExaoneMoeFamily(), new GraniteMoeSharedFamily(), new PhiMoeFamily(), new BioGptFamily(), new XglmFamily(),
        new NanoChatFamily(), new ApertusFamily(), new Lfm2Family(), new Lfm2MoeFamily(),
        new Qwen3NextFamily(), new Qwen35Family(), new Qwen35MoeFamily(), new BambaFamily(), new NemotronHFamily(), new Mamba2Family(),
    ];
}
