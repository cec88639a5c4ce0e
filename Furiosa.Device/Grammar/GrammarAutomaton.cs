namespace Furiosa.Device.Grammar;

/// <summary>
/// Runs a grammar by bytes. The deterministic machine is made as far as it is walked and kept, within a bound. What is too ambiguous to
/// follow at <see cref="MaxItems"/>, <see cref="MaxStepWork"/> and <see cref="MaxBegunWork"/> is narrowed: readings beyond are dropped, in an order that depends on the bytes alone, so that every text made still follows the grammar and a replay drops the same. Not thread-safe: callers hold <see cref="Gate"/>.
/// </summary>
internal sealed class GrammarAutomaton
{
    /// <summary>Most readings that one byte leads to, and most callers of a rule.</summary>
    public const int MaxItems = 1024;

    /// <summary>Readings looked at for one byte before others are dropped.</summary>
    public const int MaxStepWork = 16_384;

    /// <summary>Readings looked at for one byte, or for the start, before no more rules begin: each may begin with thousands of callers.</summary>
    public const int MaxBegunWork = 65_536;

    // References kept before the machine is forgotten and made anew: 8 MB.
    private const int MaxKept = 1_000_000;

    private readonly int _mostKept;
    private readonly GrammarTables _tables;
    private readonly Dictionary<UInt128, Configuration> _configurations = [];
    private readonly Dictionary<UInt128, ReturnNode> _nodes = [];
    private readonly List<Item> _items = [];
    private readonly HashSet<UInt128> _seen = [];
    private readonly PendingCalls _pending;
    private bool _accepting;
    private int _kept;

    public GrammarAutomaton(ByteGrammar grammar, int mostKept = MaxKept)
    {
        _mostKept = mostKept;
        Key = grammar.Key;
        _tables = new GrammarTables(grammar);
        _pending = new PendingCalls(_tables);
        _accepting = _tables.Accepts(_tables.RuleStart(0));
        _items.Add(new Item(_tables.RuleStart(0), ReturnNode.Bottom));
        Start = Finish();
    }

    /// <summary>The grammar's key.</summary>
    public string Key { get; }

    /// <summary>Held while the machine is walked.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The vocabulary's parts as this grammar sees them, kept here by whoever makes masks; null before the first.</summary>
    public (TrieFold Others, TrieFold Plain)? Folds { get; set; }

    /// <summary>Before the first byte.</summary>
    public Configuration Start { get; }

    /// <summary>Class of each byte value.</summary>
    public byte[] ClassOfByte => _tables.ClassOfByte;

    /// <summary>
    /// The one object that stands for a configuration now, where a walk begins: until <see cref="EndWalk"/> equal content is the same object, so
    /// that what a walk counts once and finds equal depends on the configuration alone and not on what was walked before.
    /// </summary>
    public Configuration BeginWalk(Configuration from)
    {
        if (ReferenceEquals(from, Configuration.Dead))
            return from;
        if (_configurations.TryGetValue(from.Hash, out var known))
            return known;
        Keep(SizeOf(from.Items) + (2 * from.StepPlaces));
        return _configurations[from.Hash] = from;
    }

    /// <summary>Forgets the machine where it has become too large. Configurations that somebody holds stay good to begin a walk from.</summary>
    public void EndWalk()
    {
        if (_kept <= _mostKept)
            return;
        foreach (var configuration in _configurations.Values)
            configuration.Forget();
        _configurations.Clear();
        _nodes.Clear();
        _kept = 0;
    }

    public Configuration Next(Configuration from, byte value) => NextOfClass(from, _tables.ClassOfByte[value]);

    public Configuration NextOfClass(Configuration from, byte byteClass)
    {
        if (ReferenceEquals(from, Configuration.Dead))
            return from;
        if (from.NextOf(byteClass) is { } known)
            return known;
        var next = Step(from, byteClass);
        var places = from.StepPlaces;
        from.Add(byteClass, next, _pending.Work);
        Keep(2 * (from.StepPlaces - places));
        return next;
    }

    // Read the byte, end the rules that may end, begin the rules that may begin.
    private Configuration Step(Configuration from, byte byteClass)
    {
        _accepting = false;
        _pending.Work = from.Items.Length;
        var most = _pending.Work + (MaxStepWork / 2);
        foreach (var item in from.Items)
        {
            foreach (var edge in _tables.BytesFrom(item.State))
            {
                if (byteClass >= edge.Low && byteClass <= edge.High && _pending.Work < most)
                    Add(new Item(edge.To, item.Return), MaxItems);
            }
        }

        for (var i = 0; i < _items.Count; i++)
        {
            if (!_tables.Accepts(_items[i].State))
                continue;
            _accepting |= _items[i].Return.ReachesEnd;
            foreach (var caller in _items[i].Return.Callers)
            {
                Add(caller, 2 * MaxItems);
                if (_pending.Work > MaxStepWork)
                    break;
            }
        }

        return Finish();
    }

    private Configuration Finish()
    {
        var (goesOn, reads) = (false, false);
        foreach (var item in _items)
        {
            reads |= !_tables.BytesFrom(item.State).IsEmpty;

            // One reading is always followed to where it reads on, so that no text that was begun is left without an end.
            if (goesOn && _pending.Work > MaxStepWork)
                break;
            goesOn |= !_tables.BytesFrom(item.State).IsEmpty || !_tables.CallsFrom(item.State).IsEmpty;
            _pending.AddCallsOf(item);
        }

        // Here too rules begin until one reads: what they call comes after them.
        while ((!reads || _pending.Work <= MaxBegunWork) && _pending.TryTakeFirst(out var rule, out var reachesEnd, out var callers))
        {
            var begun = new Item(_tables.RuleStart(rule), Intern(reachesEnd, callers));
            Add(begun, int.MaxValue);
            reads |= !_tables.BytesFrom(begun.State).IsEmpty;
            _pending.AddCallsOf(begun);
        }

        _pending.Clear();

        var reading = _items.Where(item => !_tables.BytesFrom(item.State).IsEmpty).ToArray();
        _items.Clear();
        _seen.Clear();
        return Intern(reading, _accepting);
    }

    private void Add(Item item, int most)
    {
        _pending.Work++;
        if (_items.Count < most && _seen.Add(item.Hash))
            _items.Add(item);
    }

    private ReturnNode Intern(bool reachesEnd, List<Item> callers)
    {
        var hash = Fingerprint.Mix(Fingerprint.Empty, reachesEnd ? 1UL : 0UL);
        foreach (var caller in callers)
            hash = Fingerprint.Mix(hash, caller.Hash);
        if (_nodes.TryGetValue(hash, out var known))
            return known;
        Keep((3 * callers.Count) + 8);
        return _nodes[hash] = new ReturnNode(reachesEnd, [.. callers], hash);
    }

    private Configuration Intern(Item[] items, bool accepting)
    {
        if (items.Length == 0 && !accepting)
            return Configuration.Dead;
        var hash = Fingerprint.Mix(Fingerprint.Empty, accepting ? 1UL : 0UL);
        foreach (var item in items)
            hash = Fingerprint.Mix(hash, item.Hash);
        if (_configurations.TryGetValue(hash, out var known))
            return known;
        Keep(SizeOf(items));
        return _configurations[hash] = new Configuration(items, accepting, _tables.ClassCount, hash);
    }

    private static int SizeOf(Item[] items) => (2 * items.Length) + 24;

    // Nothing is forgotten in the middle of a walk, which would meet the same content as another object and count it again.
    private void Keep(int references) => _kept += references;
}
