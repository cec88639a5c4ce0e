namespace Furiosa.Actors.Scheduling;

/// <summary>Sequences in arrival order.</summary>
internal sealed class SequenceList
{
    private readonly List<Sequence> _items = [];

    public int Count => _items.Count;

    public Sequence this[int index] => _items[index];

    public void Add(Sequence sequence)
    {
        var index = _items.Count;
        if (index > 0 && _items[index - 1].CompareTo(sequence) > 0) index = LowerBound(sequence);
        _items.Insert(index, sequence);
    }

    public void Remove(Sequence sequence)
    {
        var index = LowerBound(sequence);
        while (_items[index] != sequence) index++;
        _items.RemoveAt(index);
    }

    public void RemoveAt(int index) => _items.RemoveAt(index);

    /// <summary>Index of the first sequence that did not arrive before <paramref name="sequence"/>.</summary>
    public int LowerBound(Sequence sequence)
    {
        var (low, high) = (0, _items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_items[middle].CompareTo(sequence) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
