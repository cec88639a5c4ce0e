namespace Furiosa.Device.Grammar;

/// <summary>
/// Orders rules by who calls whom before reading a byte. Where there is such an order no prediction runs in a circle; where there is
/// none the grammar is left-recursive and refused.
/// </summary>
internal static class LeftCorners
{
    public static int[] Rank(int[] ruleStarts, CallEdge[] calls)
    {
        var callees = Callees(ruleStarts, calls);
        var waiting = new int[ruleStarts.Length];
        foreach (var callee in callees.SelectMany(called => called))
            waiting[callee]++;
        var ready = new Queue<int>(Enumerable.Range(0, ruleStarts.Length).Where(rule => waiting[rule] == 0));
        var ranks = new int[ruleStarts.Length];
        var next = 0;
        while (ready.TryDequeue(out var rule))
        {
            ranks[rule] = next++;
            foreach (var callee in callees[rule])
            {
                if (--waiting[callee] == 0)
                    ready.Enqueue(callee);
            }
        }

        if (next < ruleStarts.Length)
            throw new ArgumentException("The grammar cannot be used: a rule calls itself before reading a byte (left recursion).");
        return ranks;
    }

    private static List<int>[] Callees(int[] ruleStarts, CallEdge[] calls)
    {
        var firstOfState = new Dictionary<int, int>();
        for (var i = calls.Length - 1; i >= 0; i--)
            firstOfState[calls[i].From] = i;
        var callees = new List<int>[ruleStarts.Length];
        for (var rule = 0; rule < callees.Length; rule++)
        {
            callees[rule] = [];
            if (!firstOfState.TryGetValue(ruleStarts[rule], out var i))
                continue;
            for (; i < calls.Length && calls[i].From == ruleStarts[rule]; i++)
                callees[rule].Add(calls[i].Rule);
        }

        return callees;
    }
}
