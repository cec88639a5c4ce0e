namespace Furiosa.Device.Grammar;

/// <summary>A grammar laid out for running: edges by state, and bytes that no edge tells apart folded into classes.</summary>
internal sealed class GrammarTables
{
    private readonly int[] _firstByteEdge;
    private readonly int[] _firstCall;
    private readonly ClassEdge[] _byteEdges;
    private readonly CallEdge[] _calls;
    private readonly bool[] _accepting;
    private readonly int[] _ruleStarts;

    public GrammarTables(ByteGrammar grammar)
    {
        _accepting = grammar.Accepting.ToArray();
        _ruleStarts = grammar.RuleStarts.ToArray();
        _calls = grammar.Calls.ToArray();
        RuleRanks = grammar.RuleRanks;
        (ClassOfByte, ClassCount) = FoldBytes(grammar.ByteEdges);
        _byteEdges = new ClassEdge[grammar.ByteEdges.Length];
        for (var i = 0; i < _byteEdges.Length; i++)
        {
            var edge = grammar.ByteEdges[i];
            _byteEdges[i] = new ClassEdge(edge.From, ClassOfByte[edge.Low], ClassOfByte[edge.High], edge.To);
        }

        _firstByteEdge = Offsets(_byteEdges.Length, i => _byteEdges[i].From);
        _firstCall = Offsets(_calls.Length, i => _calls[i].From);
    }

    /// <summary>Class of each byte value; classes ascend with the bytes, so a range of bytes is a range of classes.</summary>
    public byte[] ClassOfByte { get; }

    public int ClassCount { get; }

    public int[] RuleRanks { get; }

    public int RuleStart(int rule) => _ruleStarts[rule];

    public bool Accepts(int state) => _accepting[state];

    public ReadOnlySpan<ClassEdge> BytesFrom(int state) => _byteEdges.AsSpan(_firstByteEdge[state].._firstByteEdge[state + 1]);

    public ReadOnlySpan<CallEdge> CallsFrom(int state) => _calls.AsSpan(_firstCall[state].._firstCall[state + 1]);

    /// <summary>Whether nothing but the end of the rule follows, so that a call leading here need not be returned to.</summary>
    public bool OnlyEnds(int state) => _accepting[state] && BytesFrom(state).IsEmpty && CallsFrom(state).IsEmpty;

    private int[] Offsets(int edgeCount, Func<int, int> from)
    {
        var first = new int[_accepting.Length + 1];
        for (var i = 0; i < edgeCount; i++)
            first[from(i) + 1]++;
        for (var state = 0; state < _accepting.Length; state++)
            first[state + 1] += first[state];
        return first;
    }

    private static (byte[] ClassOfByte, int Count) FoldBytes(ReadOnlySpan<ByteEdge> edges)
    {
        var begins = new bool[257];
        foreach (var edge in edges)
        {
            begins[edge.Low] = true;
            begins[edge.High + 1] = true;
        }

        var classes = new byte[256];
        for (var value = 1; value < 256; value++)
            classes[value] = (byte)(classes[value - 1] + (begins[value] ? 1 : 0));
        return (classes, classes[255] + 1);
    }
}

/// <summary>Reads one byte of a range of classes.</summary>
internal readonly record struct ClassEdge(int From, byte Low, byte High, int To);
