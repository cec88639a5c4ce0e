namespace Furiosa.Device.Grammar;

/// <summary>
/// Rules about to begin at the present place with all their callers. Taken in the order of <see cref="LeftCorners"/>, so that a rule's
/// callers are complete when it begins.
/// </summary>
internal sealed class PendingCalls(GrammarTables tables)
{
    private readonly PriorityQueue<int, int> _order = new();
    private readonly Dictionary<int, Callers> _callers = [];

    /// <summary>Readings looked at since it was set to 0.</summary>
    public int Work { get; set; }

    /// <summary>Adds what an item calls; beyond <see cref="GrammarAutomaton.MaxBegunWork"/> the first call and its first caller alone, which is a way on.</summary>
    public void AddCallsOf(Item item)
    {
        foreach (var call in tables.CallsFrom(item.State))
        {
            AddCall(call, item);
            if (Work > GrammarAutomaton.MaxBegunWork)
                return;
        }
    }

    public bool TryTakeFirst(out int rule, out bool reachesEnd, out List<Item> callers)
    {
        if (!_order.TryDequeue(out rule, out _))
        {
            (reachesEnd, callers) = (false, []);
            return false;
        }

        _callers.Remove(rule, out var found);
        (reachesEnd, callers) = (found!.ReachesEnd, found.Items);
        return true;
    }

    /// <summary>Forgets the rules that were not taken.</summary>
    public void Clear()
    {
        _order.Clear();
        _callers.Clear();
    }

    private void AddCall(CallEdge call, Item item)
    {
        Work++;
        if (!_callers.TryGetValue(call.Rule, out var callers))
        {
            _callers[call.Rule] = callers = new Callers();
            _order.Enqueue(call.Rule, tables.RuleRanks[call.Rule]);
        }

        if (!tables.OnlyEnds(call.To))
        {
            callers.Add(new Item(call.To, item.Return));
            return;
        }

        // Nothing is left to do there: return to where that would return, so that a list written by recursion stays flat.
        callers.ReachesEnd |= item.Return.ReachesEnd;
        foreach (var outer in item.Return.Callers)
        {
            Work++;
            if (!callers.Add(outer) || Work > GrammarAutomaton.MaxBegunWork)
                break;
        }
    }

    private sealed class Callers
    {
        private readonly HashSet<UInt128> _seen = [];

        public List<Item> Items { get; } = [];

        public bool ReachesEnd { get; set; }

        /// <summary>False where no more are taken.</summary>
        public bool Add(Item item)
        {
            if (Items.Count >= GrammarAutomaton.MaxItems)
                return false;
            if (_seen.Add(item.Hash))
                Items.Add(item);
            return true;
        }
    }
}
