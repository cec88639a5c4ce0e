using Furiosa.Device.Kernels;

namespace Furiosa.Device.Kv;

/// <summary>
/// One PE's states: slots that each have what every layer with states keeps of a sequence. A slot lies together and its memory is committed when it is first
/// written, so that slots which are never used cost nothing.
/// </summary>
internal sealed unsafe class StateCache : IDisposable
{
    private const long LineFloats = 16;

    private readonly HugePages _memory = new();
    private readonly float* _slots;
    private readonly long[] _starts;
    private readonly long _stride;

    /// <param name="layers">Floats that each layer of the stage keeps; 0 for a layer without states.</param>
    /// <param name="slotCount">Slots.</param>
    public StateCache(long[] layers, int slotCount)
    {
        _starts = new long[layers.Length];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            _starts[layer] = _stride;
            _stride += (layers[layer] + LineFloats - 1) / LineFloats * LineFloats;
        }

        Bytes = checked(slotCount * _stride * sizeof(float));
        _slots = (float*)_memory.Take(Bytes);
    }

    /// <summary>Bytes of all slots.</summary>
    public long Bytes { get; }

    /// <summary>What a slot has of a layer.</summary>
    public float* Of(int slot, int layer) => _slots + slot * _stride + _starts[layer];

    public void Dispose() => _memory.Dispose();
}
