using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;

namespace Furiosa.Actors.Scheduling;

/// <summary>Applies a step's answers: notes what the cache holds now, forks at the end of the prompt, appends tokens, ends choices.</summary>
internal sealed class StepApplier(SchedulerState state)
{
    public void Apply(in PlannedSlice slice, ReadOnlySpan<SampleAnswer> answers)
    {
        var sequence = slice.Sequence;
        if (sequence.Phase == SequencePhase.Ended) return;
        var request = sequence.Request;
        sequence.InFlight = false;
        sequence.Computed += slice.Count - sequence.DraftCount;
        MakeKnown(sequence);
        state.States?.End(sequence);
        for (var i = 0; i < slice.ScoreCount; i++) request.AddScore(Tokens.From(answers[slice.FirstAnswer + i], request.Request.PromptTopLogprobs));
        if (slice.PoolCount > 0) request.NotePooled(sequence.Computed, answers[slice.FirstAnswer + slice.ScoreCount].Sum!);
        if (sequence.Computed < sequence.Length) return;

        var draws = answers.Slice(slice.FirstAnswer + slice.ScoreCount + slice.PoolCount, slice.DrawCount);
        if (request.Forked)
        {
            if (request.Beams is { } beams) beams.Answer(sequence, draws[0]);
            else AcceptWithDraft(sequence, draws);
            return;
        }
        if (request.ScoresPrompt) state.Emit(request, new PromptScored(request.PromptScores()));
        if (request.Request.Pooling is not null) state.Emit(request, request.Pooled());
        request.Forked = true;
        if (draws.Length == 0) EndUnasked(request);
        else if (request.Request.Beams is not null) BeamGroup.Begin(state, sequence, draws[0]);
        else Fork(sequence, draws);
    }

    /// <summary>Tells the prefix cache of blocks that are full now. Where it knows the same content already, that block is used instead.</summary>
    private void MakeKnown(Sequence sequence)
    {
        if (state.Pool.Cache is not { } cache) return;
        while (!sequence.Unknowable && (sequence.KnownBlocks + 1) * KvBlocks.Size <= sequence.Computed)
        {
            var index = sequence.KnownBlocks;
            var (own, parent) = (sequence.Blocks[index], index == 0 ? -1 : sequence.Blocks[index - 1]);
            var tokens = sequence.Tokens.Slice(index * KvBlocks.Size, KvBlocks.Size);
            var known = cache.Find(parent, tokens);
            if (known < 0 && (cache.Holds(own) || !cache.TryAdd(own, parent, tokens)))
            {
                sequence.Unknowable = true;
                return;
            }
            if (known >= 0 && known != own)
            {
                state.Pool.Share(known);
                sequence.ReplaceBlock(index, known);
                state.Pool.Release(own);
            }
            sequence.KnownBlocks++;
        }
    }

    /// <summary>Makes the choices out of the one sequence that computed their prompt; they share its blocks until they write.</summary>
    private void Fork(Sequence root, ReadOnlySpan<SampleAnswer> draws)
    {
        var request = root.Request;
        state.ReduceSlots(root);
        var forks = new Sequence[draws.Length];
        forks[0] = root;
        for (var choice = 1; choice < forks.Length; choice++)
        {
            forks[choice] = new Sequence(request, choice, state.NextSequenceId(), request.Prompt.Span);
            state.Share(root, forks[choice]);
            request.Sequences.Add(forks[choice]);
            state.Activate(forks[choice]);
        }
        for (var choice = 0; choice < forks.Length; choice++) Accept(forks[choice], draws[choice]);
    }

    /// <summary>
    /// The token behind the last one; and behind every guess that turned out to be the next token, for which it was drawn just as if that had come
    /// in a step of its own.
    /// </summary>
    private void AcceptWithDraft(Sequence sequence, ReadOnlySpan<SampleAnswer> draws)
    {
        var draft = sequence.TokensAndDraft[sequence.Length..];
        var right = 0;
        while (true)
        {
            var isRight = right < draft.Length && draft[right] == draws[right].Token;
            Accept(sequence, draws[right]);
            if (!isRight || sequence.Phase == SequencePhase.Ended) break;
            right++;
            sequence.Computed++;
            MakeKnown(sequence);
        }
        state.NoteDraft(draft.Length, right);
        sequence.EndDraft(right);
    }

    private void Accept(Sequence sequence, in SampleAnswer answer)
    {
        var request = sequence.Request;
        sequence.Append(answer.Token);
        request.NoteProgress();
        var isStop = request.IsStop(answer.Token);
        ChoiceFinish? finish = isStop ? ChoiceFinish.Stop : sequence.Length >= request.Limit ? ChoiceFinish.Length : null;
        var (choice, topCount) = (request.Request.FirstChoice + sequence.Choice, request.Request.TopLogprobs);
        if (finish is null && topCount is null) state.Emit(request, new PlainToken(choice, answer.Token));
        else state.Emit(request, new TokensGenerated(choice, [Tokens.From(answer, topCount)], finish, isStop ? answer.Token : null));
        if (finish is null) return;
        state.End(sequence);
        state.EndChoice(request, sequence.Choice);
    }

    private void EndUnasked(RequestState request)
    {
        for (var choice = 0; choice < request.Request.ChoiceCount; choice++)
        {
            state.Emit(request, new TokensGenerated(request.Request.FirstChoice + choice, ImmutableArray<GeneratedToken>.Empty, ChoiceFinish.Length, null));
            state.EndChoice(request, choice);
        }
    }
}
