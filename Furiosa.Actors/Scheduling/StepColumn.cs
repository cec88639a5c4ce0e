using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>One list of a step, in an array that grows and is used for step after step.</summary>
internal sealed class StepColumn<T>
{
    private T[] _items = [];

    public int Count { get; private set; }

    /// <summary>The list as the device gets it.</summary>
    public StepRows<T> Rows => new(_items, Count);

    public void Add(in T item)
    {
        if (Count == _items.Length) Grow(1);
        _items[Count++] = item;
    }

    public void AddRange(ReadOnlySpan<T> items)
    {
        if (Count + items.Length > _items.Length) Grow(items.Length);
        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    public void Clear() => Count = 0;

    private void Grow(int more) => Array.Resize(ref _items, Math.Max(Math.Max(16, _items.Length * 2), Count + more));
}
