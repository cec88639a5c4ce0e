using System.Collections;
using System.Runtime.CompilerServices;

namespace Furiosa.Device.Execution;

/// <summary>
/// The first elements of an array, as a step's batch lists them. The array may be longer, and belongs to whoever made the batch, who writes
/// into it again only when the step has come back.
/// </summary>
/// <typeparam name="T">What is listed.</typeparam>
[CollectionBuilder(typeof(StepRows), nameof(StepRows.Create))]
public readonly struct StepRows<T> : IReadOnlyList<T>
{
    private readonly T[]? _items;

    /// <summary>Lists the first <paramref name="length"/> elements of an array.</summary>
    /// <param name="items">The array.</param>
    /// <param name="length">How many of its elements.</param>
    public StepRows(T[] items, int length)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)items.Length, nameof(length));
        (_items, Length) = (items, length);
    }

    /// <summary>How many there are.</summary>
    public int Length { get; }

    /// <summary>The elements.</summary>
    public Span<T> Span => _items.AsSpan(0, Length);

    int IReadOnlyCollection<T>.Count => Length;

    /// <summary>One element.</summary>
    /// <param name="index">Below <see cref="Length"/>.</param>
    public T this[int index] => Span[index];

    /// <summary>The whole array.</summary>
    /// <param name="items">The array.</param>
    public static implicit operator StepRows<T>(T[] items) => new(items, items.Length);

    /// <summary>Goes through the elements without allocating anything.</summary>
    public Span<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => (_items ?? []).Take(Length).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<T>)this).GetEnumerator();
}

/// <summary>Makes lists from collection expressions.</summary>
public static class StepRows
{
    /// <summary>A list of its own array.</summary>
    /// <param name="items">The elements.</param>
    public static StepRows<T> Create<T>(ReadOnlySpan<T> items) => items.ToArray();
}
