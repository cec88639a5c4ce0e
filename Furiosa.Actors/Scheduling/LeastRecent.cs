namespace Furiosa.Actors.Scheduling;

/// <summary>Some of the numbers below a limit, in the order in which they came; any of them goes at the same cost.</summary>
internal sealed class LeastRecent(int limit)
{
    private const int None = -1;

    private readonly int[] _next = new int[limit];
    private readonly int[] _previous = new int[limit];
    private int _newest = None;

    public int Count { get; private set; }

    /// <summary>The one that has been there for longest; -1 when there is none.</summary>
    public int Oldest { get; private set; } = None;

    /// <summary>Adds a number that is not there.</summary>
    public void Add(int item)
    {
        _previous[item] = _newest;
        _next[item] = None;
        if (_newest == None) Oldest = item;
        else _next[_newest] = item;
        _newest = item;
        Count++;
    }

    /// <summary>Takes out a number that is there.</summary>
    public void Remove(int item)
    {
        var (previous, next) = (_previous[item], _next[item]);
        if (previous == None) Oldest = next;
        else _next[previous] = next;
        if (next == None) _newest = previous;
        else _previous[next] = previous;
        Count--;
    }

    public void Clear()
    {
        Oldest = _newest = None;
        Count = 0;
    }

    /// <summary>All of them, oldest first.</summary>
    public IEnumerable<int> Items()
    {
        for (var item = Oldest; item != None; item = _next[item]) yield return item;
    }
}
