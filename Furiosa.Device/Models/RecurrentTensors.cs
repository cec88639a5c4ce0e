using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>
/// The tensors of one layer that keeps a state, whatever its family fuses or interleaves. Mamba 2 has one projection of gates, values, keys, queries and time
/// steps, in this order; Qwen3.5 one of queries, keys and values and three more; Qwen3-Next has, group by group, query, key, values and gates in one and both
/// numbers of each head in another. Heads follow each other group by group in all of them.
/// </summary>
/// <param name="store">The model's tensors.</param>
/// <param name="config">The model.</param>
/// <param name="prefix">The layer's prefix.</param>
internal sealed class RecurrentTensors(TensorStore store, ModelConfig config, string prefix)
{
    private readonly RecurrentConfig _sizes = config.Recurrent!;
    private readonly string _prefix = prefix + config.Names.Recurrent;
    private float[]? _taps;
    private float[]? _biases;

    /// <summary>Outputs of a group's query: C of Mamba 2.</summary>
    public Projection Query(int group) => Keys(group, isQuery: true);

    /// <summary>Outputs of a group's key: B of Mamba 2.</summary>
    public Projection Key(int group) => Keys(group, isQuery: false);

    /// <summary>Outputs of a head's value: x of Mamba 2.</summary>
    public Projection Value(int head) => IsFused ? Fused.Slice(Width + head * Dim, Dim)
        : IsByGroup ? ByGroup.Slice(GroupStart(head) + 2 * State + InGroup(head) * Dim, Dim)
        : Separate.Slice(2 * KeyWidth + head * Dim, Dim);

    /// <summary>Outputs of a head's gate: z.</summary>
    public Projection Gate(int head) => IsFused ? Fused.Slice(head * Dim, Dim)
        : IsByGroup ? ByGroup.Slice(GroupStart(head) + 2 * State + (PerGroup + InGroup(head)) * Dim, Dim)
        : Product("in_proj_z", Width).Slice(head * Dim, Dim);

    /// <summary>The output that a head's decay is made of: dt of Mamba 2, a of the delta rule.</summary>
    public Projection Step(int head) => IsFused ? Fused.Slice(2 * (Width + KeyWidth) + head, 1)
        : NumbersAreByGroup ? NumbersByGroup.Slice((head / PerGroup * 2 + 1) * PerGroup + InGroup(head), 1)
        : Product("in_proj_a", _sizes.HeadCount).Slice(head, 1);

    /// <summary>The output that says how much of a head's value is taken up: b of the delta rule.</summary>
    public Projection Beta(int head) => NumbersAreByGroup
        ? NumbersByGroup.Slice(head / PerGroup * 2 * PerGroup + InGroup(head), 1)
        : Product("in_proj_b", _sizes.HeadCount).Slice(head, 1);

    /// <summary>Outputs of the layer, whose inputs are the heads in their order.</summary>
    public Projection Output => new(
        new WeightRows(store.Get(_prefix + "out_proj.weight", config.HiddenSize, Width), 0, config.HiddenSize),
        _sizes.Bias ? new BiasValues(store.Get(_prefix + "out_proj.bias", config.HiddenSize), 0, config.HiddenSize) : null);

    /// <summary>What each head's state fades by, for a step of one: the exponential of the stored logarithm.</summary>
    public float[] DecayRates => store.Find(_prefix + "A") is not null // GGUF has the rates themselves, below zero
        ? Array.ConvertAll(Values("A", _sizes.HeadCount), rate => -rate)
        : Array.ConvertAll(Values("A_log", _sizes.HeadCount), logarithm => (float)DoubleMath.Exp(logarithm));

    /// <summary>What is added to each head's step.</summary>
    public float[] StepBias => Values("dt_bias", _sizes.HeadCount);

    /// <summary>How much of each head's value goes past its state (Mamba 2).</summary>
    public float[] Skip => Values("D", _sizes.HeadCount);

    /// <summary>The weights of the outputs' norm: of one head, or of all where groups of heads are normed.</summary>
    public float[] NormWeight => Values("norm.weight", _sizes.Gate == RecurrentGate.NormThenGate ? Dim : Width);

    /// <summary>The convolution's weights of a group's query as [channel, position], the latest last.</summary>
    public float[] TapsOfQuery(int group) => Part(Taps, QueryChannel(group), State, _sizes.ConvLength);

    /// <summary>The same of its key.</summary>
    public float[] TapsOfKey(int group) => Part(Taps, KeyChannel(group), State, _sizes.ConvLength);

    /// <summary>The same of a head's value.</summary>
    public float[] TapsOfValue(int head) => Part(Taps, ValueChannel(head), Dim, _sizes.ConvLength);

    /// <summary>The convolution's biases of a group's query; null for none.</summary>
    public float[]? BiasOfQuery(int group) => _sizes.ConvBias ? Part(Biases, QueryChannel(group), State, 1) : null;

    /// <summary>The same of its key.</summary>
    public float[]? BiasOfKey(int group) => _sizes.ConvBias ? Part(Biases, KeyChannel(group), State, 1) : null;

    /// <summary>The same of a head's value.</summary>
    public float[]? BiasOfValue(int head) => _sizes.ConvBias ? Part(Biases, ValueChannel(head), Dim, 1) : null;

    private int State => _sizes.StateDim;

    private int Dim => _sizes.HeadDim;

    private int Width => _sizes.Width;

    private int KeyWidth => _sizes.GroupCount * State;

    private int PerGroup => _sizes.HeadCount / _sizes.GroupCount;

    private bool IsFused => _sizes.Kind == RecurrentKind.StateSpace;

    // GGUF files have one, or both, of a family's interleaved tensors put in order.
    private bool IsByGroup => config.Names.RecurrentByGroup && store.Find(_prefix + "in_proj_qkv.weight") is null;

    private bool NumbersAreByGroup => config.Names.RecurrentByGroup && store.Find(_prefix + "in_proj_a.weight") is null;

    private Projection Fused => Product("in_proj", 2 * (Width + KeyWidth) + _sizes.HeadCount);

    private Projection ByGroup => Product("in_proj_qkvz", 2 * (Width + KeyWidth));

    private Projection NumbersByGroup => Product("in_proj_ba", 2 * _sizes.HeadCount);

    private Projection Separate => Product("in_proj_qkv", _sizes.ConvWidth);

    private float[] Biases => _biases ??= Values("conv1d.bias", _sizes.ConvWidth);

    // GGUF leaves out the inputs that a channel has, which is one.
    private float[] Taps => _taps ??= (store.Find(_prefix + "conv1d.weight") is { Shape.Length: 2 }
        ? store.Get(_prefix + "conv1d.weight", _sizes.ConvWidth, _sizes.ConvLength)
        : store.Get(_prefix + "conv1d.weight", _sizes.ConvWidth, 1, _sizes.ConvLength)).ReadAll();

    private static float[] Part(float[] all, int first, int count, int each) => all.AsSpan(first * each, count * each).ToArray();

    private Projection Keys(int group, bool isQuery) => IsFused ? Fused.Slice(2 * Width + (isQuery ? KeyWidth : 0) + group * State, State)
        : IsByGroup ? ByGroup.Slice(GroupStart(group * PerGroup) + (isQuery ? 0 : State), State)
        : Separate.Slice((isQuery ? 0 : KeyWidth) + group * State, State);

    private int GroupStart(int head) => head / PerGroup * 2 * (State + PerGroup * Dim);

    private int InGroup(int head) => head % PerGroup;

    private int QueryChannel(int group) => (IsFused ? Width + KeyWidth : 0) + group * State;

    private int KeyChannel(int group) => (IsFused ? Width : KeyWidth) + group * State;

    private int ValueChannel(int head) => (IsFused ? 0 : 2 * KeyWidth) + head * Dim;

    private Projection Product(string name, int outputs) => new(
        new WeightRows(store.Get(_prefix + name + ".weight", outputs, config.HiddenSize), 0, outputs),
        _sizes.Bias ? new BiasValues(store.Get(_prefix + name + ".bias", outputs), 0, outputs) : null);

    // GGUF gives some of them a second dimension.
    private float[] Values(string name, int count) =>
        (store.Find(_prefix + name) is { } found && found.ElementCount == count && found.Type.IsWeight() ? found : store.Get(_prefix + name, count)).ReadAll();
}
