using System.Collections.Immutable;
using Furiosa.Actors.Grammar;
using Furiosa.Actors.Protocol;

namespace Furiosa.Actors.Scheduling;

/// <summary>Refuses what could never be served, so that whatever is in the queue ends.</summary>
internal static class RequestCheck
{
    private const int MaxWidth = 1024;

    // What a step of a beam search ranks: the cost of the one actor that serves all.
    private const int MaxRanked = 4096;

    /// <summary>The refusal, or null when the request can be served.</summary>
    public static GenerationFailed? Refusal(GenerationRequest request, SchedulerState state)
    {
        var options = state.Options;
        if (request.PromptIds.IsDefaultOrEmpty || request.MaxTokens < 0 || request.ChoiceCount < 1)
            return new(FailureKind.TooLarge, "The request has no prompt, no choices or a negative token limit.");
        if (request.Pooling is not null && request.MaxTokens > 0)
            return new(FailureKind.TooLarge, "A request for a vector generates no tokens.");
        if (state.Requests.ContainsKey(request.RequestId))
            return new(FailureKind.Aborted, $"A request named '{request.RequestId}' is already running.");
        if (GrammarMapping.Problem(request) is { } problem)
            return new(FailureKind.TooLarge, problem);
        if (request.Resume is { Choices: { IsDefaultOrEmpty: false } choices } && !CanGoOn(request, choices, options.MaxModelLen))
            return new(FailureKind.TooLarge, "The request goes on with more than it may have made.");
        var width = request.Beams?.Width ?? request.ChoiceCount;
        if (width > MaxWidth || request.ChoiceCount > width)
            return new(FailureKind.TooLarge, $"{width} sequences for {request.ChoiceCount} choices are asked for; at most {MaxWidth} are possible.");
        if (request.Beams is not null && (long)width * (1 + request.StopTokenIds.Length) is > MaxRanked and var ranked)
            return new(FailureKind.TooLarge, $"A beam search of width {width} with {request.StopTokenIds.Length} end tokens ranks {ranked} candidates in a step; at most {MaxRanked} are possible. Lower the width or give fewer stop_token_ids.");
        // The choices of a sample can go one after the other; beams cannot.
        if (request.Beams is not null && options.StateCount > 0 && width > options.StateCount)
            return new(FailureKind.TooLarge, $"A beam search of width {width} needs {width} states of this model at once, and this server has {options.StateCount}: lower the width.");
        var length = (long)request.PromptIds.Length + Math.Min(request.MaxTokens, 1);
        if (length > options.MaxModelLen)
            return new(FailureKind.TooLarge, $"The prompt has {request.PromptIds.Length} tokens; with one more it exceeds the limit of {options.MaxModelLen}.");

        // The last token of a sequence is never computed; the beams of a search may all differ, and go on together.
        var limit = Math.Min(options.MaxModelLen, (long)request.PromptIds.Length + request.MaxTokens);
        var positions = Math.Max(request.PromptIds.Length, (int)limit - 1);
        var blocks = (long)KvBlocks.Needed(positions) * (request.Beams is null ? 1 : width);
        if (blocks <= options.BlockCount) return null;
        var (what, remedy) = request.Beams is null ? ("The request", "max_tokens") : ($"A beam search of width {width} over {limit} tokens", "max_tokens or the width");
        return new(FailureKind.TooLarge, $"{what} may need {blocks} KV blocks of {KvBlocks.Size} positions, and this server has {options.BlockCount}: lower {remedy}.");
    }

    // One that is open has something left to make.
    private static bool CanGoOn(GenerationRequest request, ImmutableArray<ResumedChoice> choices, int longest) =>
        choices.Length == request.ChoiceCount && choices.Any(choice => !choice.Ended) && choices.All(choice => !choice.Tokens.IsDefault
            && choice.Tokens.Length + (choice.Ended ? 0 : 1) <= Math.Min(request.MaxTokens, longest - request.PromptIds.Length));
}
