using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>NanoChat: norms without weights, of the embeddings and of turned queries and keys too; pairs turn backwards; no gate, a squared ReLU; capped logits.</summary>
internal sealed class NanoChatFamily : ModelFamily
{
    public override string Architecture => "NanoChatForCausalLM";

    public override string ModelType => "nanochat";

    public override Activation DefaultActivation => Activation.ReluSquared;

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields)
    {
        var bias = fields.Bool("attention_bias") ?? false;
        return shared with
        {
            AttentionBias = bias,
            AttentionOutputBias = bias,
            GatedMlp = false,
            QkNorm = QkNorm.Unit,
            QkNormAfterRotation = true,
            Ropes = [shared.Ropes[0] with { Backwards = true }],
            LogitSoftCap = Gemma2Family.Cap(fields, "final_logit_softcapping", 15),
            Norms = new NormConfig { HasWeight = false, AfterEmbedding = true },
            Names = TensorNames.Llama with { Up = "mlp.fc1", Down = "mlp.fc2" },
        };
    }
}
