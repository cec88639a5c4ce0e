using Furiosa.Actors.Protocol;

namespace Furiosa.Gateway.OpenAi;

/// <summary>What a client is told when the runtime ends its request without an answer.</summary>
internal static class GenerationFailures
{
    public static ApiError ToApiError(this GenerationFailed failure, string promptField) => failure.Kind switch
    {
        FailureKind.Overloaded => ApiError.Unavailable(failure.Message, "overloaded"),
        FailureKind.Unavailable => ApiError.Unavailable(failure.Message),
        FailureKind.Aborted => ApiError.Unavailable(failure.Message, "aborted"),
        FailureKind.TooLarge => ApiError.Invalid(promptField, failure.Message, "context_length_exceeded"),
        FailureKind.SlowReader => ApiError.Internal(failure.Message, "slow_reader"),
        _ => ApiError.Internal(failure.Message, "compute_fault"),
    };
}
