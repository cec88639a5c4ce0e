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

    public void AddCallsOf(Item item)
    {
        foreach (var call in tables.CallsFrom(item.State))
        {
            if (!_callers.TryGetValue(call.Rule, out var callers))
            {
                _callers[call.Rule] = callers = new Callers();
                _order.Enqueue(call.Rule, tables.RuleRanks[call.Rule]);
            }

            if (!tables.OnlyEnds(call.To))
            {
                Work++;
                callers.Add(new Item(call.To, item.Return));
                continue;
            }

            // Nothing is left to do there: return to where that would return, so that a list written by recursion stays flat.
            callers.ReachesEnd |= item.Return.ReachesEnd;
            foreach (var outer in item.Return.Callers)
            {
                Work++;
                if (!callers.Add(outer))
                    break;
            }
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
