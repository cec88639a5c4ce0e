using System.Numerics;

namespace Furiosa.Device.Sampling;

/// <summary>
/// Finds the best tokens of a row without sorting it: a heap of the best so far, whose root is the worst of them. Larger values are
/// better, of equal ones the lower id. Reused from call to call; it allocates only to grow.
/// </summary>
internal sealed class TopSelector
{
    private int[] _ids = [];
    private float[] _values = [];

    public int Count { get; private set; }

    /// <summary>The ids found, best first.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Their values.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Count);

    /// <summary>Finds the best <paramref name="count"/> of a row without NaN; minus infinity is never chosen.</summary>
    public void Select(ReadOnlySpan<float> row, int count)
    {
        count = Math.Min(count, row.Length);
        if (_ids.Length < count)
        {
            _ids = new int[count];
            _values = new float[count];
        }

        Count = 0;
        var id = 0;
        for (; id < row.Length && Count < count; id++)
            if (row[id] > float.NegativeInfinity) Push(id, row[id]);
        if (count > 0 && Count == count) ReplaceWorse(row, id);
        SortBestFirst();
    }

    // Ids ascend, so a value equal to the root's has a higher id and is not better: only larger values enter.
    private void ReplaceWorse(ReadOnlySpan<float> row, int id)
    {
        while (id < row.Length)
        {
            if (row.Length - id >= Vector<float>.Count && Vector.LessThanOrEqualAll(new Vector<float>(row[id..]), new Vector<float>(_values[0])))
            {
                id += Vector<float>.Count;
                continue;
            }

            var end = Math.Min(row.Length, id + Vector<float>.Count);
            for (; id < end; id++)
                if (row[id] > _values[0]) SinkRoot(id, row[id], Count);
        }
    }

    private void Push(int id, float value)
    {
        var place = Count++;
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (!IsWorse(id, value, _ids[parent], _values[parent])) break;
            (_ids[place], _values[place]) = (_ids[parent], _values[parent]);
            place = parent;
        }

        (_ids[place], _values[place]) = (id, value);
    }

    private void SinkRoot(int id, float value, int count)
    {
        var place = 0;
        for (var child = 1; child < count; child = 2 * place + 1)
        {
            if (child + 1 < count && IsWorse(_ids[child + 1], _values[child + 1], _ids[child], _values[child])) child++;
            if (!IsWorse(_ids[child], _values[child], id, value)) break;
            (_ids[place], _values[place]) = (_ids[child], _values[child]);
            place = child;
        }

        (_ids[place], _values[place]) = (id, value);
    }

    // The worst goes to the end, again and again.
    private void SortBestFirst()
    {
        for (var last = Count - 1; last > 0; last--)
        {
            var (id, value) = (_ids[last], _values[last]);
            (_ids[last], _values[last]) = (_ids[0], _values[0]);
            SinkRoot(id, value, last);
        }
    }

    private static bool IsWorse(int id, float value, int otherId, float otherValue) =>
        value < otherValue || (value == otherValue && id > otherId);
}
