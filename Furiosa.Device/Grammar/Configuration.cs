namespace Furiosa.Device.Grammar;

/// <summary>Everything a grammar may be doing after some bytes: a state of the deterministic machine that is made while it runs.</summary>
internal sealed class Configuration
{
    /// <summary>Nothing can follow and nothing may end.</summary>
    public static readonly Configuration Dead = new([], false, 0, UInt128.Zero);

    // So many steps are looked for one by one; where there are more, each class has its place. A walk that meets a hundred thousand
    // configurations leaves most of them by a few bytes or none: with a place for each class they would take hundreds of megabytes.
    private const int Few = 8;

    private readonly int _classCount;
    private StepTaken[] _steps = [];
    private int _count;
    private long _countedBy;

    public Configuration(Item[] items, bool accepting, int classCount, UInt128 hash)
    {
        Items = items;
        IsAccepting = accepting;
        Hash = hash;
        _classCount = classCount;
    }

    /// <summary>States that read bytes.</summary>
    public Item[] Items { get; }

    /// <summary>Whether the text may end here.</summary>
    public bool IsAccepting { get; }

    /// <summary>Fingerprint of the content, the same on every machine.</summary>
    public UInt128 Hash { get; }

    /// <summary>What every plain character leads to, where that is one and the same; see <see cref="PlainText"/>.</summary>
    public Configuration? AfterPlain { get; set; }

    /// <summary>Whether <see cref="AfterPlain"/> and <see cref="RefusesPlain"/> are known.</summary>
    public bool IsPlainKnown { get; set; }

    /// <summary>Whether no plain character may begin here.</summary>
    public bool RefusesPlain { get; set; }

    /// <summary>Places for steps, used or not.</summary>
    public int StepPlaces => _steps.Length;

    /// <summary>Where a class of bytes leads; null until it is known.</summary>
    public Configuration? NextOf(byte byteClass) => PlaceOf(byteClass) is var at and >= 0 ? _steps[at].Next : null;

    /// <summary>What making <see cref="NextOf"/> cost, made again or not: so that counted work depends on the grammar alone.</summary>
    public int CostOf(byte byteClass) => _steps[PlaceOf(byteClass)].Cost;

    /// <summary>The cost of a known step the first time that a walk takes it, else nothing.</summary>
    public int CountOnce(byte byteClass, long walk)
    {
        if (_countedBy != walk)
        {
            foreach (ref var one in _steps.AsSpan())
                one.IsCounted = false;
            _countedBy = walk;
        }

        ref var step = ref _steps[PlaceOf(byteClass)];
        if (step.IsCounted)
            return 0;
        step.IsCounted = true;
        return step.Cost;
    }

    /// <summary>Notes where a class of bytes that was not known leads.</summary>
    public void Add(byte byteClass, Configuration next, int cost)
    {
        if (_count == _steps.Length)
            Grow();
        var at = _steps.Length == _classCount ? byteClass : _count;
        _steps[at] = new StepTaken { Next = next, Cost = cost, Class = byteClass };
        _count++;
    }

    /// <summary>Forgets where every byte leads.</summary>
    public void Forget()
    {
        (_steps, _count) = ([], 0);
        IsPlainKnown = false;
        AfterPlain = null;
    }

    // Below 0 where the class has no place yet.
    private int PlaceOf(byte byteClass)
    {
        var steps = _steps;
        if (steps.Length == _classCount)
            return byteClass;
        for (var i = 0; i < _count; i++)
        {
            if (steps[i].Class == byteClass)
                return i;
        }

        return -1;
    }

    private void Grow()
    {
        var few = _steps;
        _steps = new StepTaken[few.Length == 0 ? Math.Min(2, _classCount) : few.Length < Few && Few < _classCount ? Few : _classCount];
        for (var i = 0; i < few.Length; i++)
            _steps[_steps.Length == _classCount ? few[i].Class : i] = few[i];
    }

    private struct StepTaken
    {
        public Configuration? Next;
        public int Cost;
        public byte Class;
        public bool IsCounted;
    }
}
