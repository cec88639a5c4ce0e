using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Models;

/// <summary>What all PEs of a process read of one layer: norms and the biases added after the partial sums.</summary>
internal sealed unsafe class LayerNorms : IDisposable
{
    private readonly NativeBuffer _values;

    public LayerNorms(DecoderTensors tensors, int layer)
    {
        TensorView?[] parts =
        [
            tensors.AttentionNorm(layer), tensors.MlpNorm(layer), tensors.QueryNorm(layer), tensors.KeyNorm(layer),
            tensors.Output(layer).Bias, tensors.Down(layer).Bias,
        ];
        _values = new NativeBuffer(parts.Sum(part => Padded(part)) * sizeof(float));
        float* next = _values.Floats;
        Attention = Take(parts[0], ref next);
        Mlp = Take(parts[1], ref next);
        Query = Take(parts[2], ref next);
        Key = Take(parts[3], ref next);
        OutputBias = Take(parts[4], ref next);
        DownBias = Take(parts[5], ref next);
    }

    public long Bytes => _values.Bytes;

    /// <summary>Before attention.</summary>
    public float* Attention { get; }

    /// <summary>Before the feed-forward block.</summary>
    public float* Mlp { get; }

    /// <summary>Per query head; null for none.</summary>
    public float* Query { get; }

    /// <summary>Per key head; null for none.</summary>
    public float* Key { get; }

    /// <summary>Of the attention's output; null for none.</summary>
    public float* OutputBias { get; }

    /// <summary>Of the feed-forward block's output; null for none.</summary>
    public float* DownBias { get; }

    public void Dispose() => _values.Dispose();

    private static long Padded(TensorView? tensor) => tensor is null ? 0 : (tensor.ElementCount + 15) & ~15;

    private static float* Take(TensorView? tensor, ref float* next)
    {
        if (tensor is null) return null;
        float* values = next;
        tensor.ReadRow(0, new Span<float>(values, (int)tensor.ElementCount));
        next += Padded(tensor);
        return values;
    }
}
