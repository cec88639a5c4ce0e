namespace Furiosa.Gateway.OpenAi;

/// <summary>An error as the client sees it: the nested envelope's four fields and the status.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Message">What is wrong and what would be right, in one line.</param>
/// <param name="Type">OpenAI's coarse kind, e.g. <c>invalid_request_error</c>.</param>
/// <param name="Param">The request field, or a path that begins with it; null when no field is to blame.</param>
/// <param name="Code">A word for programs; null when the type says it all.</param>
/// <param name="RetryAfter">When to come back; null for errors that a retry does not cure.</param>
internal sealed record ApiError(int Status, string Message, string Type, string? Param = null, string? Code = null, TimeSpan? RetryAfter = null)
{
    public const string InvalidRequest = "invalid_request_error";
    public const string Server = "server_error";
    public const string ComputeFault = "compute_fault";

    /// <summary>Whether the same request may fare better later: clients take a 5xx for one that does, unless they are told otherwise.</summary>
    public bool MayRetry => Status < StatusCodes.Status500InternalServerError || RetryAfter is not null || Code == ComputeFault;

    public static ApiError Invalid(string? param, string message, string? code = null) =>
        new(StatusCodes.Status400BadRequest, message, InvalidRequest, param, code);

    public static ApiError Unsupported(string param, string remedy) =>
        Invalid(param, $"'{param}' is not supported by this server: {remedy}", "unsupported_parameter");

    public static ApiError ContextLength(string param, int limit, long promptTokens, long completionTokens, bool atLeast = false) =>
        Invalid(
            param,
            $"This model's maximum context length is {limit} tokens. However, you requested {(atLeast ? "at least " : "")}{promptTokens + completionTokens} tokens "
            + $"({(atLeast ? "at least " : "")}{promptTokens} in the {param}, {completionTokens} in the completion). Please reduce the length of the {param} or the completion.",
            "context_length_exceeded");

    public static ApiError Unavailable(string message, string code = "unavailable") =>
        new(StatusCodes.Status503ServiceUnavailable, message, Server, Code: code, RetryAfter: TimeSpan.FromSeconds(1));

    public static ApiError TimedOut() =>
        new(StatusCodes.Status504GatewayTimeout, "The request took longer than this server allows (furiosa.limits.request-timeout).", Server, Code: "request_timeout");

    public static ApiError Internal(string message, string code = "internal_error") =>
        new(StatusCodes.Status500InternalServerError, message, Server, Code: code);

    public static ApiError ModelNotFound(string model, string served) =>
        new(StatusCodes.Status404NotFound, $"The model '{BodyFields.Shorten(model)}' does not exist; this server has '{served}'.", InvalidRequest, "model", "model_not_found");
}
