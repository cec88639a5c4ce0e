namespace Furiosa.Gateway.OpenAi;

/// <summary>A request cannot be answered; the middleware turns it into the error's envelope.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    public ApiError Error { get; } = error;

    public static ApiException Invalid(string? param, string message) => new(ApiError.Invalid(param, message));
}
