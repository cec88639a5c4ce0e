using System.Collections.Immutable;
using Furiosa.Actors.Grammar;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Grammar;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Scheduling;

/// <summary>A request while its replica works on it: what it asked for and how far its choices are.</summary>
internal sealed class RequestState
{
    private readonly bool[] _ended;
    private readonly bool _penalisesPrompt;
    private readonly bool _penalisesOutput;
    private readonly GeneratedToken[] _promptScores;
    private readonly int[] _stopIds;

    public RequestState(GenerationRequest request, long serial, int maxModelLen)
    {
        Request = request;
        Serial = serial;
        Limit = (int)Math.Min(maxModelLen, (long)PromptLength + request.MaxTokens);
        _ended = new bool[request.ChoiceCount];
        OpenChoices = request.ChoiceCount;
        _stopIds = [.. request.StopTokenIds];
        ScoresPrompt = request.PromptTopLogprobs is not null && request.Resume is not { PromptScored: true } && !GoesOn;
        _promptScores = ScoresPrompt ? new GeneratedToken[PromptLength - 1] : [];
        (Deaths, IsSuspect) = (request.Resume?.Deaths ?? 0, request.Resume?.IsSuspect ?? false);
        var sampling = request.Sampling;
        _penalisesPrompt = sampling.RepetitionPenalty != 1;
        _penalisesOutput = _penalisesPrompt || !sampling.BadWords.IsDefaultOrEmpty || sampling.PresencePenalty != 0 || sampling.FrequencyPenalty != 0;
        Grammar = request.Grammar?.ToDevice();
        Options = ToOptions(sampling, request.TopLogprobs);
    }

    public GenerationRequest Request { get; }

    /// <summary>Arrival number.</summary>
    public long Serial { get; }

    public SamplingOptions Options { get; }

    /// <summary>What every sequence follows; null for anything.</summary>
    public ByteGrammar? Grammar { get; }

    /// <summary>Tokens that end a sequence.</summary>
    public ReadOnlyMemory<int> StopIds => _stopIds;

    public int PromptLength => Request.PromptIds.Length;

    public ReadOnlyMemory<int> Prompt => Request.PromptIds.AsMemory();

    /// <summary>Longest length of a sequence, prompt included.</summary>
    public int Limit { get; }

    /// <summary>Sequences that it needs at once.</summary>
    public int Width => Request.Beams?.Width ?? Request.ChoiceCount;

    /// <summary>Sequences that are not over. Until the prompt is done there is one, which stands for all.</summary>
    public List<Sequence> Sequences { get; } = [];

    /// <summary>Whether the prompt is computed and the choices (or beams) go their own ways.</summary>
    public bool Forked { get; set; }

    /// <summary>Whether the client was told that it began.</summary>
    public bool Started { get; set; }

    /// <summary>The search, once the prompt is done; null without beams.</summary>
    public BeamGroup? Beams { get; set; }

    /// <summary>Choices that have not ended.</summary>
    public int OpenChoices { get; private set; }

    /// <summary>Whether its group has made a token of it.</summary>
    public bool HasProgressed { get; private set; }

    /// <summary>Whether it was told that this group computes it alone.</summary>
    public bool IsToldAlone { get; set; }

    /// <summary>How often its group died, perhaps by its doing, since its last token.</summary>
    public int Deaths { get; private set; }

    /// <summary>Whether it was part of a step that failed, and has made no token since: it is tried alone.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Whether it goes on where another replica left it, with tokens made there.</summary>
    public bool GoesOn =>
        Request is { Beams: null, Resume.Choices: { IsDefaultOrEmpty: false } choices } && choices.Any(choice => choice.Ended || choice.Tokens.Length > 0);

    /// <summary>Leading prompt positions whose next token is scored; all of them when no scores were asked for.</summary>
    public int ScoredCount { get; private set; }

    /// <summary>Whether the prompt's scores are still to be told; there are none to make for a prompt of one token.</summary>
    public bool ScoresPrompt { get; }

    /// <summary>Prompt positions to score: all but the last, or none.</summary>
    public int ScoresWanted => _promptScores.Length;

    /// <summary>Leading prompt positions that the pooled sum has.</summary>
    public int PooledCount { get; private set; }

    /// <summary>What they came to; null before the first.</summary>
    public double[]? PooledSum { get; private set; }

    public bool HasEnded(int choice) => _ended[choice];

    public void MarkEnded(int choice)
    {
        if (_ended[choice]) return;
        _ended[choice] = true;
        OpenChoices--;
    }

    /// <summary>A group died while it computed for this request.</summary>
    /// <param name="counts">Whether that is held against it.</param>
    public void NoteDeath(bool counts)
    {
        if (counts) Deaths++;
        IsSuspect = true;
    }

    /// <summary>Another group computes it.</summary>
    public void BeginAgain() => (HasProgressed, IsToldAlone) = (false, false);

    /// <summary>There is a new token.</summary>
    public void NoteProgress()
    {
        Deaths = 0;
        IsSuspect = false;
        HasProgressed = true;
    }

    /// <summary>Notes the score of the next prompt position.</summary>
    public void AddScore(GeneratedToken token) => _promptScores[ScoredCount++] = token;

    /// <summary>Notes what the positions up to <paramref name="count"/> came to.</summary>
    public void NotePooled(int count, double[] sum) => (PooledCount, PooledSum) = (count, sum);

    public PromptPooled Pooled()
    {
        var divisor = Request.Pooling == PromptPooling.Mean ? PromptLength : 1;
        return new PromptPooled([.. PooledSum!.Select(value => (float)(value / divisor))]);
    }

    public ImmutableArray<GeneratedToken> PromptScores() => [.. _promptScores];

    public bool IsStop(int token) => Array.IndexOf(_stopIds, token) >= 0;

    /// <summary>Whether penalties, forbidden words or a grammar look at a sequence's output.</summary>
    public bool SeesOutput => _penalisesOutput || Grammar is not null;

    /// <summary>Whether next tokens of its choices may be guessed: beams are told apart by every token.</summary>
    public bool MayGuess => Forked && Request.Beams is null;

    /// <summary>Whether stop tokens may not come after so many others.</summary>
    public bool BansStops(int generatedCount) => generatedCount < Request.MinTokens;

    /// <summary>What is asked of a sequence's last row, for one of the choices that it stands for.</summary>
    public SampleRequest SampleOf(Sequence sequence, int choice)
    {
        var prompt = _penalisesPrompt ? Prompt : default;
        var banned = BansStops(sequence.GeneratedCount) ? _stopIds : default(ReadOnlyMemory<int>);
        var constraint = Grammar is null ? null : new TokenConstraint(Grammar, sequence.Id, StopIds);
        return Request.Beams is not null
            ? new RankCandidates(BeamGroup.CandidateCount(this), Options, prompt, banned, TopCount: 0) { Constraint = constraint }
            : new DrawToken(Options, Request.FirstChoice + choice, prompt, banned) { Constraint = constraint };
    }

    private static SamplingOptions ToOptions(SamplingParameters parameters, int? topLogprobs) => new()
    {
        Temperature = parameters.Temperature,
        TopP = parameters.TopP,
        TopK = parameters.TopK,
        MinP = parameters.MinP,
        RepetitionPenalty = parameters.RepetitionPenalty,
        PresencePenalty = parameters.PresencePenalty,
        FrequencyPenalty = parameters.FrequencyPenalty,
        LogitBias = parameters.LogitBias,
        AllowedIds = parameters.AllowedTokenIds is { } allowed ? [.. allowed] : null,
        BadWords = [.. parameters.BadWords.Select(word => word.ToArray())],
        Seed = parameters.Seed,
        TopLogprobs = topLogprobs,
    };
}
