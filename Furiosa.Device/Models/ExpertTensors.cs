using System.Globalization;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// The tensors of one layer's experts, which a checkpoint has one by one or stacked in three dimensions. Stacked tensors whose rows are
/// made from 4-bit blocks (<c>…_blocks</c>) are [expert, outputs, inputs].
/// </summary>
/// <param name="store">The model's tensors.</param>
/// <param name="config">The model.</param>
/// <param name="prefix">The layer's prefix.</param>
internal sealed class ExpertTensors(TensorStore store, ModelConfig config, string prefix)
{
    private readonly TensorNames _names = config.Names;
    private readonly ExpertConfig _experts = config.Experts!;

    /// <summary>A router logit for each expert, then, where it has one, the shared expert's gate.</summary>
    public Projection[] Router
    {
        get
        {
            var router = Product(_names.Router, _experts.Count, config.HiddenSize, _experts.RouterBias);
            return _experts.SharedGate ? [router, Product(_names.SharedGate, 1, config.HiddenSize, false)] : [router];
        }
    }

    /// <summary>What is added to each expert's share for the choice; null for none.</summary>
    public TensorView? Corrections => !_experts.Correction ? null
        : _names.CorrectionsInRow ? store.Get(prefix + _names.Corrections, 1, _experts.Count) : store.Get(prefix + _names.Corrections, _experts.Count);

    public Projection? Gate(int expert) => config.GatedMlp ? GateOrUp(expert, _names.ExpertGate, 0) : null;

    public Projection Up(int expert) => GateOrUp(expert, _names.ExpertUp, 1);

    public Projection Down(int expert)
    {
        int width = _experts.WidthOf(expert);
        return expert == _experts.Count ? Shared(_names.SharedDown ?? _names.ExpertDown, config.HiddenSize, width)
            : Stacked(_names.ExpertsDown, expert, config.HiddenSize, width) ?? Product(Own(expert, _names.ExpertDown), config.HiddenSize, width, _experts.Bias);
    }

    private Projection GateOrUp(int expert, string name, int half)
    {
        int width = _experts.WidthOf(expert);
        if (expert == _experts.Count)
        {
            // GGUF has them apart.
            return _names.SharedGateUp is { } fused && store.Find(prefix + _names.SharedExpert + name + ".weight") is null ? Shared(fused, 2 * width, config.HiddenSize).Slice(half * width, width) : Shared(name, width, config.HiddenSize);
        }

        int outputs = config.GatedMlp ? 2 * width : width;
        if (Stacked(_names.ExpertsGateUp, expert, outputs, config.HiddenSize) is not { } stacked)
            return Product(Own(expert, name), width, config.HiddenSize, _experts.Bias);
        if (!config.GatedMlp) return stacked;
        return _names.ExpertsTakeTurns ? stacked.Slice(half, width, step: 2) : stacked.Slice(half * width, width);
    }

    private Projection Shared(string name, int outputs, int inputs) => Product(_names.SharedExpert + name, outputs, inputs, _experts.Bias);

    private string Own(int expert, string name) => string.Format(CultureInfo.InvariantCulture, _names.Expert, expert) + name;

    private Projection? Stacked(string name, int expert, int outputs, int inputs)
    {
        BiasValues? bias = _experts.Bias ? new BiasValues(store.Get(prefix + name + "_bias", _experts.Count, outputs), (long)expert * outputs, outputs) : null;
        if (store.Find(prefix + name + "_blocks") is not null)
        {
            var made = store.Get(prefix + name + "_blocks", _experts.Count, outputs, inputs);
            return new Projection(new WeightRows(made, (long)expert * outputs, outputs), bias);
        }

        var single = store.Find(prefix + Own(expert, _names.ExpertDown) + ".weight") is not null;
        if (store.Find(prefix + name) is null && (single || !_names.ExpertsStacked)) return null;
        return _names.ExpertsByInput
            ? new Projection(new WeightRows(store.Get(prefix + name, _experts.Count, inputs, outputs), 0, outputs) { ByInput = true, FirstInput = (long)expert * inputs }, bias)
            : new Projection(new WeightRows(store.Get(prefix + name, _experts.Count, outputs, inputs), (long)expert * outputs, outputs), bias);
    }

    private Projection Product(string name, int outputs, int inputs, bool bias) => new(
        new WeightRows(store.Get(prefix + name + ".weight", outputs, inputs), 0, outputs),
        bias ? new BiasValues(store.Get(prefix + name + ".bias", outputs), 0, outputs) : null);
}
