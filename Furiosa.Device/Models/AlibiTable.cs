using Furiosa.Device.Kernels;

namespace Furiosa.Device.Models;

/// <summary>
/// What attention with linear biases adds to the score of each key position, head by head. It depends on nothing else and is computed block by
/// block when a step first comes there: a model may be made for millions of positions, of which most runs see few.
/// </summary>
internal sealed unsafe class AlibiTable : IDisposable
{
    private const int BlockPositions = AttentionShape.BiasPositions;

    private readonly AlibiConfig _config;
    private readonly float[] _slopes;
    private readonly NativeBuffer?[] _blocks;
    private readonly NativeBuffer _starts;
    private readonly Lock _lock = new();
    private int _ready; // blocks, from the first on

    /// <summary>Makes an empty table.</summary>
    /// <param name="config">The slopes.</param>
    /// <param name="heads">Query heads of the whole model.</param>
    /// <param name="positions">The longest sequence.</param>
    public AlibiTable(AlibiConfig config, int heads, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        _config = config;
        _slopes = [.. config.Slopes(heads).Select(Rounded)];
        _blocks = new NativeBuffer?[(positions - 1) / BlockPositions + 1];
        _starts = new NativeBuffer(_blocks.Length * (long)sizeof(float*));
    }

    /// <summary>Where each block of <see cref="AttentionShape.BiasPositions"/> positions begins: first those of head 0, then of head 1, and so on.</summary>
    public float** Blocks => (float**)_starts.Pointer;

    /// <summary>Bytes of what was computed so far.</summary>
    public long Bytes => _blocks.Sum(block => block?.Bytes ?? 0);

    /// <summary>Floats from the start of a block to those of a head.</summary>
    /// <param name="head">The query head, counted over the whole model.</param>
    public static nint RowOf(int head) => (nint)head * BlockPositions;

    /// <summary>Computes what is missing of the first positions; may be called by several threads at once.</summary>
    /// <param name="positions">How many, at least 1.</param>
    public void Prepare(int positions)
    {
        int wanted = (positions - 1) / BlockPositions + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, _blocks.Length, nameof(positions));
        if (wanted <= Volatile.Read(ref _ready)) return;
        lock (_lock)
        {
            for (; _ready < wanted; Volatile.Write(ref _ready, _ready + 1))
            {
                var block = _blocks[_ready] = Compute(_ready * BlockPositions);
                Blocks[_ready] = block.Floats;
            }
        }
    }

    public void Dispose()
    {
        foreach (var block in _blocks) block?.Dispose();
        _starts.Dispose();
    }

    private NativeBuffer Compute(int first)
    {
        var block = new NativeBuffer(_slopes.Length * (long)BlockPositions * sizeof(float));
        for (int head = 0; head < _slopes.Length; head++)
        {
            float* row = block.Floats + RowOf(head);
            for (int p = 0; p < BlockPositions; p++) row[p] = Rounded(_slopes[head] * (first + p)) * _config.Scale;
        }

        return block;
    }

    private float Rounded(float value) => _config.Rounded ? PanelPacker.WidenedBf16(value) : value;
}
