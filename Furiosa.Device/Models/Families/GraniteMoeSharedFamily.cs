using Furiosa.Device.Loading;

namespace Furiosa.Device.Models.Families;

/// <summary>Granite with experts beside a shared one (or none, where its width is 0).</summary>
internal sealed class GraniteMoeSharedFamily : GraniteMoeFamily
{
    public override string Architecture => "GraniteMoeSharedForCausalLM";

    public override string ModelType => "granitemoeshared";

    public override ModelConfig Complete(ModelConfig shared, JsonFields fields) =>
        WithShared(base.Complete(shared, fields), fields.Int("shared_intermediate_size", 0, 1 << 20) ?? 1024);

    /// <summary>Adds the shared expert.</summary>
    public static ModelConfig WithShared(ModelConfig experts, int width) => experts with
    {
        Experts = experts.Experts! with { SharedWidth = width },
        Names = experts.Names with { SharedExpert = "shared_mlp.", SharedGateUp = "input_linear", SharedDown = "output_linear" },
    };
}
