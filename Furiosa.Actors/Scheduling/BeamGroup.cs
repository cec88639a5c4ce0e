using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Sampling;

namespace Furiosa.Actors.Scheduling;

/// <summary>
/// The beams of one request: each is a sequence of its own; one that has its candidates is parked until all have theirs, and then the
/// search decides which go on. A beam that continues another shares its KV blocks until it writes.
/// </summary>
internal sealed class BeamGroup
{
    private readonly SchedulerState _state;
    private readonly RequestState _request;
    private readonly BeamSearch _search;
    private readonly BeamAlternatives? _alternatives;
    private Sequence[] _beams;
    private TokenLogprob[]?[] _candidates = new TokenLogprob[]?[1];
    private int _missing = 1;

    private BeamGroup(SchedulerState state, Sequence root)
    {
        (_state, _request, _beams) = (state, root.Request, [root]);
        _search = new BeamSearch(OptionsOf(_request));
        if (_request.Request.TopLogprobs is > 0 and var count) _alternatives = new BeamAlternatives(count);
    }

    /// <summary>Candidates that each beam needs: those that the search ranks, and as many as the client wants to see.</summary>
    public static int CandidateCount(RequestState request) => Math.Max(OptionsOf(request).CandidateCount, request.Request.TopLogprobs ?? 0);

    /// <summary>The prompt is done: the first candidates are those of its one sequence.</summary>
    public static void Begin(SchedulerState state, Sequence root, in SampleAnswer answer)
    {
        var group = new BeamGroup(state, root);
        root.Request.Beams = group;
        group.Answer(root, answer);
    }

    /// <summary>Notes one beam's candidates; with the last one the search goes on.</summary>
    public void Answer(Sequence beam, in SampleAnswer answer)
    {
        beam.Phase = SequencePhase.Parked;
        _candidates[beam.Choice] = answer.Top ?? [];
        if (--_missing > 0) return;
        if (_request.IsSuspect || _request is { IsToldAlone: true, HasProgressed: false }) _state.Emit(_request, ProgressMade.Instance);
        _request.NoteProgress();
        for (var i = 0; i < _beams.Length; i++) _alternatives?.Note(i, _candidates[i]!);
        var most = OptionsOf(_request).CandidateCount;
        var step = _search.Advance([.. _candidates.Select(candidates => candidates!.Length > most ? candidates[..most] : candidates)]);
        if (step.Finished) Finish();
        else GoOn(step.Beams);
    }

    private void GoOn(ImmutableArray<BeamChoice> choices)
    {
        var old = _beams;
        _beams = new Sequence[choices.Length];
        _candidates = new TokenLogprob[]?[choices.Length];
        _missing = choices.Length;
        for (var i = 0; i < choices.Length; i++) _beams[i] = Continue(old[choices[i].Parent], choices[i].TokenId, i);
        foreach (var beam in old) _state.End(beam);
        _alternatives?.GoOn(choices);
    }

    private Sequence Continue(Sequence parent, int token, int index)
    {
        var beam = new Sequence(_request, index, _state.NextSequenceId(), parent.Tokens);
        _request.Sequences.Add(beam);
        // A parked parent may have been preempted: then there is nothing to share, and the beam is computed again.
        var isComputed = parent.Computed == parent.Length;
        if (isComputed) _state.Share(parent, beam);
        beam.Append(token);
        if (isComputed) _state.Activate(beam);
        else _state.Enqueue(beam);
        return beam;
    }

    private void Finish()
    {
        var request = _request.Request;
        var results = _search.Results(request.ChoiceCount);
        for (var choice = 0; choice < request.ChoiceCount; choice++)
        {
            var tokens = choice < results.Count ? TokensOf(results[choice]) : [];
            var isStop = choice < results.Count && results[choice].EndedByToken;
            _state.Emit(_request, new TokensGenerated(
                request.FirstChoice + choice, tokens, isStop ? ChoiceFinish.Stop : ChoiceFinish.Length, isStop ? tokens[^1].Id : null));
            _state.EndChoice(_request, choice);
        }
    }

    private ImmutableArray<GeneratedToken> TokensOf(BeamHypothesis hypothesis)
    {
        var wanted = _request.Request.TopLogprobs;
        var tops = _alternatives?.Along(hypothesis.Tokens);
        return [.. hypothesis.Tokens.Select((token, index) => new GeneratedToken(
            token.Id, wanted is null ? float.NaN : token.Logprob, tops is null ? default : tops[index]))];
    }

    private static BeamSearchOptions OptionsOf(RequestState request)
    {
        var beams = request.Request.Beams!;
        return new BeamSearchOptions
        {
            Width = beams.Width,
            MaxNewTokens = request.Limit - request.PromptLength,
            LengthPenalty = beams.LengthPenalty,
            EarlyStopping = beams.EarlyStopping switch
            {
                EarlyStopping.AtWidth => BeamEarlyStopping.AtWidth,
                EarlyStopping.Never => BeamEarlyStopping.Never,
                _ => BeamEarlyStopping.Heuristic,
            },
            EndTokenIds = request.Request.StopTokenIds,
        };
    }
}
