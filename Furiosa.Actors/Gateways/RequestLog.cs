using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Gateways;

/// <summary>What a request has brought so far: all that is needed to go on with it on another replica.</summary>
internal sealed class RequestLog
{
    private readonly GenerationRequest _request;
    private readonly List<int>?[] _tokens;
    private readonly bool[] _ended;

    public RequestLog(GenerationRequest request)
    {
        _request = request;
        _tokens = new List<int>?[request.ChoiceCount];
        _ended = new bool[request.ChoiceCount];
    }

    /// <summary>Whether the prompt's log-probabilities were passed on.</summary>
    public bool PromptScored { get; private set; }

    // Whether a replica was lost that worked on it since its last token.
    private bool _wasLost;

    /// <summary>How often a group died under it, perhaps by its doing, without a new token in between.</summary>
    public int Deaths { get; private set; }

    /// <summary>Whether it shared a step that failed, and has made no token since.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Whether every choice has ended.</summary>
    public bool IsComplete => Array.TrueForAll(_ended, ended => ended);

    public void Note(GenerationEvent what)
    {
        if (what is PromptScored) PromptScored = true;
        if (what is not TokensGenerated news) return;
        NoteProgress();
        var choice = news.Choice - _request.FirstChoice;
        if (choice < 0 || choice >= _ended.Length || _ended[choice]) return;
        foreach (var token in news.Tokens) (_tokens[choice] ??= []).Add(token.Id);
        _ended[choice] = news.Finish is not null;
    }

    public void Note(PlainToken token)
    {
        NoteProgress();
        var choice = token.Choice - _request.FirstChoice;
        if (choice >= 0 && choice < _ended.Length && !_ended[choice]) (_tokens[choice] ??= []).Add(token.Id);
    }

    /// <summary>The gateway has found the choice's end. Beams end together, when the search does.</summary>
    public void NoteEnd(int choice)
    {
        var index = choice - _request.FirstChoice;
        if (_request.Beams is null && index >= 0 && index < _ended.Length) _ended[index] = true;
    }

    /// <summary>It has come further than ever.</summary>
    public void NoteProgress() => (Deaths, IsSuspect, _wasLost) = (0, false, false);

    /// <summary>A group died under it, and its replica says what is held against it.</summary>
    public void NoteFault(int deaths, bool isSuspect) => (Deaths, IsSuspect) = (deaths, isSuspect);

    /// <summary>
    /// Its replica was lost, for a reason that need not be its own: that counts only where it was computed alone, as it is from the second
    /// loss in a row on.
    /// </summary>
    public void NoteLoss(bool wasAlone)
    {
        if (wasAlone) Deaths++;
        IsSuspect = IsSuspect || wasAlone || _wasLost;
        _wasLost = true;
    }

    /// <summary>The request as another replica is to go on with it, under a name of its own.</summary>
    public GenerationRequest ToRequest(string name)
    {
        var begun = Array.Exists(_ended, ended => ended) || Array.Exists(_tokens, tokens => tokens is not null);
        if (!begun && !PromptScored && Deaths == 0 && !IsSuspect) return _request with { RequestId = name };
        return _request with
        {
            RequestId = name,
            Resume = new ResumePoint(
                begun ? [.. _tokens.Select((tokens, choice) => new ResumedChoice(tokens is null ? [] : [.. tokens], _ended[choice]))] : [],
                PromptScored, Deaths, IsSuspect),
        };
    }
}
