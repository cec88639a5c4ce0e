using System.Buffers;

namespace Furiosa.Device.Execution;

/// <summary>
/// Hidden states on their way between two stages: shape [rows, width], row-major, in a pooled array. One owner at a time;
/// the owner that has read them calls <see cref="Dispose"/>.
/// </summary>
public sealed class HiddenStates : IDisposable
{
    private float[]? _values;

    /// <summary>Rents room for <paramref name="rows"/> x <paramref name="width"/> values, not cleared.</summary>
    public HiddenStates(int rows, int width)
    {
        Rows = rows;
        Width = width;
        _values = ArrayPool<float>.Shared.Rent(checked(rows * width));
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Values per row (the model's hidden size).</summary>
    public int Width { get; }

    /// <summary>The values, row-major.</summary>
    public Span<float> Values => Array.AsSpan(0, Rows * Width);

    /// <summary>The same, to be kept while this object is.</summary>
    public ReadOnlyMemory<float> Memory => Array.AsMemory(0, Rows * Width);

    private float[] Array => _values ?? throw new ObjectDisposedException(nameof(HiddenStates));

    /// <summary>Gives the array back.</summary>
    public void Dispose()
    {
        var values = Interlocked.Exchange(ref _values, null);
        if (values is not null) ArrayPool<float>.Shared.Return(values);
    }
}
