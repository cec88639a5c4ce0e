namespace Furiosa.Tests.Support;

/// <summary>How many bytes of the garbage collector's memory some work takes on this thread.</summary>
internal static class Taken
{
    /// <summary>The last object: what is kept is surely on the heap, one that nobody keeps may be made on the stack.</summary>
    public static object? Kept { get; private set; }

    /// <summary>Bytes of the objects that <paramref name="make"/> gives for each of some items.</summary>
    public static long By<T>(IEnumerable<T> items, Func<T, object> make)
    {
        long sum = 0;
        foreach (var item in items)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Kept = make(item);
            sum += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return sum;
    }

    /// <summary>Bytes of one object.</summary>
    public static long By(Func<object> make) => By([0], _ => make());
}
