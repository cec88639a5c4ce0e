using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.OpenAi;

/// <summary>What a client is told when the runtime ends its request without an answer.</summary>
internal static class GenerationFailures
{
    /// <param name="failure">How it ended.</param>
    /// <param name="job">What was asked.</param>
    /// <param name="prompt">Index of the prompt that it ended for.</param>
    public static ApiError ToApiError(this GenerationFailed failure, GenerationJob job, int prompt) => failure.Kind switch
    {
        FailureKind.Overloaded => ApiError.Unavailable(failure.Message, "overloaded"),
        FailureKind.Unavailable => ApiError.Unavailable(failure.Message),
        FailureKind.Aborted => ApiError.Unavailable(failure.Message, "aborted"),
        FailureKind.TooLarge => Refused(failure.Message, job, job.Requests[prompt]),
        FailureKind.SlowReader => ApiError.Internal(failure.Message, "slow_reader"),
        _ => ApiError.Internal(failure.Message, ApiError.ComputeFault),
    };

    // The context's length is checked before the runtime is asked, so that what it refuses is too large in another way: mostly beams,
    // which all keep KV blocks of their own.
    private static ApiError Refused(string message, GenerationJob job, GenerationRequest request)
    {
        var length = (long)request.PromptIds.Length + request.MaxTokens;
        if (length > job.Model.MaxModelLen) return ApiError.ContextLength(job.PromptField, job.Model.MaxModelLen, request.PromptIds.Length, request.MaxTokens);
        return request.Beams is null ? ApiError.Invalid(job.PromptField, message) : ApiError.Invalid(job.Settings.WidthField, $"{message} Its width is '{job.Settings.WidthField}'.");
    }
}
