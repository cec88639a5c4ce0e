using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>Where a sequence stands.</summary>
internal enum SequencePhase
{
    /// <summary>In the queue, without KV blocks; its tokens so far are to be computed (again).</summary>
    Waiting,

    /// <summary>Holds blocks and is scheduled.</summary>
    Running,

    /// <summary>A beam that has its answer and waits for the other beams'. May have lost its blocks.</summary>
    Parked,

    /// <summary>Over; holds nothing.</summary>
    Ended,
}

/// <summary>One stream of tokens being made: its tokens, how many of them the KV cache holds, and the blocks that hold them.</summary>
internal sealed class Sequence
{
    private const int MostUnderGrammar = 7; // each guess has a mask made for it, which a hostile grammar makes slow

    private int[] _tokens;
    private int[] _blocks;
    private int[]? _output;
    private SampleRequest? _sample;
    private bool _sampleBans;
    private LookupPace _pace;

    /// <summary>A sequence that begins with <paramref name="tokens"/> and holds nothing.</summary>
    public Sequence(RequestState request, int choice, long id, ReadOnlySpan<int> tokens)
    {
        Request = request;
        Choice = choice;
        Id = id;
        _tokens = new int[tokens.Length + Math.Min(request.Limit - tokens.Length, 48) + KvBlocks.Size];
        tokens.CopyTo(_tokens);
        Length = tokens.Length;
        _blocks = new int[KvBlocks.Needed(_tokens.Length)];
        if (request.SeesOutput) _output = [.. tokens[request.PromptLength..], .. new int[KvBlocks.Size]];
    }

    public RequestState Request { get; }

    /// <summary>Index within the request, from 0. Before the prompt is done the only sequence of a request stands for all.</summary>
    public int Choice { get; }

    /// <summary>Unique within the replica.</summary>
    public long Id { get; }

    public SequencePhase Phase { get; set; }

    /// <summary>Whether a step that contains it is under way.</summary>
    public bool InFlight { get; set; }

    /// <summary>Concurrency it stands for.</summary>
    public int Slots { get; set; } = 1;

    /// <summary>Tokens so far, prompt included.</summary>
    public int Length { get; private set; }

    /// <summary>Positions whose keys and values are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Leading blocks that the prefix cache knows.</summary>
    public int KnownBlocks { get; set; }

    /// <summary>Whether a hash clash keeps further blocks out of the prefix cache.</summary>
    public bool Unknowable { get; set; }

    /// <summary>The states that it holds.</summary>
    public HeldStates States { get; } = new();

    public int BlockCount { get; private set; }

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Length);

    /// <summary>Guesses of the next tokens that the step under way computes beside the last one.</summary>
    public int DraftCount { get; private set; }

    /// <summary>The tokens so far, and behind them the guesses.</summary>
    public ReadOnlySpan<int> TokensAndDraft => _tokens.AsSpan(0, Length + DraftCount);

    public ReadOnlySpan<int> Blocks => _blocks.AsSpan(0, BlockCount);

    /// <summary>Generated tokens so far.</summary>
    public int GeneratedCount => Length - Request.PromptLength;

    /// <summary>Begins with the generated tokens, which are not written over, and the guesses, which are once their step has come back; null where nobody looks at them.</summary>
    public int[]? SeenOutput => _output;

    /// <summary>How many tokens of <see cref="SeenOutput"/> there are.</summary>
    public int SeenCount => _output is null ? 0 : GeneratedCount;

    /// <summary>Arrival order: the lower goes first and is preempted last.</summary>
    public int CompareTo(Sequence other)
    {
        var byRequest = Request.Serial.CompareTo(other.Request.Serial);
        return byRequest != 0 ? byRequest : Choice.CompareTo(other.Choice);
    }

    public void Append(int token)
    {
        MakeRoom(1);
        if (_output is not null) _output[GeneratedCount] = token;
        _tokens[Length++] = token;
    }

    /// <summary>Guesses up to so many of the next tokens, which are all drawn alike.</summary>
    public void Guess(int most)
    {
        most = Math.Min(most, _pace.Ahead);
        if (Request.Grammar is not null) most = Math.Min(most, MostUnderGrammar);
        if (most <= 0 || !Request.MayGuess || Request.BansStops(GeneratedCount)) return;
        MakeRoom(most);
        var draft = _tokens.AsSpan(Length, most);
        DraftCount = PromptLookup.Propose(Tokens, _pace.Match, draft);
        if (_output is not null) draft.CopyTo(_output.AsSpan(GeneratedCount));
    }

    /// <summary>Lets go of the guesses from one on.</summary>
    public void DropDraft(int from) => DraftCount = from;

    /// <summary>The guesses are compared: they are no more.</summary>
    /// <param name="right">How many were right.</param>
    public void EndDraft(int right)
    {
        if (DraftCount > 0) _pace.Learn(DraftCount, right);
        DraftCount = 0;
    }

    public void AddBlock(int block)
    {
        if (BlockCount == _blocks.Length) Array.Resize(ref _blocks, Math.Max(4, BlockCount * 2));
        _blocks[BlockCount++] = block;
    }

    public void ReplaceBlock(int index, int block) => _blocks[index] = block;

    /// <summary>The block table as the device gets it. It is written only while no step with this sequence is under way.</summary>
    public int[] Table => _blocks;

    /// <summary>What a step asks of the last row of a sequence that goes its own way: the same object as long as nothing in it changes.</summary>
    public SampleRequest Sample
    {
        get
        {
            var bans = Request.BansStops(GeneratedCount);
            if (_sample is null || bans != _sampleBans) (_sample, _sampleBans) = (Request.SampleOf(this, Choice), bans);
            return _sample;
        }
    }

    /// <summary>Gives all blocks back, the last one first, so that the cache lets go of leaves first.</summary>
    public void ReleaseBlocks(BlockPool pool)
    {
        while (BlockCount > 0) pool.Release(_blocks[--BlockCount]);
        ForgetBlocks();
    }

    /// <summary>The blocks are gone without being given back, and a step of the group that had them may still read their table.</summary>
    public void LoseBlocks()
    {
        _blocks = new int[_blocks.Length];
        ForgetBlocks();
    }

    private void ForgetBlocks()
    {
        BlockCount = 0;
        Computed = 0;
        KnownBlocks = 0;
        Unknowable = false;
        DraftCount = 0;
        States.Clear();
    }

    private void MakeRoom(int more)
    {
        if (Length + more > _tokens.Length) Array.Resize(ref _tokens, Math.Max(Length + more, Length * 2));
        if (_output is not null && GeneratedCount + more > _output.Length) Array.Resize(ref _output, Math.Max(GeneratedCount + more, _output.Length * 2));
    }

    /// <summary>Uses another sequence's blocks and what they hold.</summary>
    public void ShareBlocksOf(Sequence parent, BlockPool pool)
    {
        foreach (var block in parent.Blocks)
        {
            pool.Share(block);
            AddBlock(block);
        }
        Computed = parent.Computed;
        KnownBlocks = parent.KnownBlocks;
        Unknowable = parent.Unknowable;
    }
}
