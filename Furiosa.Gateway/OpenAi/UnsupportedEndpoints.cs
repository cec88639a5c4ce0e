namespace Furiosa.Gateway.OpenAi;

/// <summary>Endpoints that clients know and that take another kind of model than any that is served here.</summary>
internal static class UnsupportedEndpoints
{
    public static IReadOnlyList<string> Paths { get; } = ["/score", "/v1/score", "/rerank", "/v1/rerank", "/v2/rerank"];

    /// <summary>Endpoints below another one's ids, which would else be taken for ids that cannot be posted to.</summary>
    public static IReadOnlyList<string> AbsentPaths { get; } = ["/v1/responses/input_tokens", "/v1/responses/compact"];

    /// <summary>There is nothing there.</summary>
    public static Task AbsentAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>Says so.</summary>
    public static Task RefuseAsync(HttpContext context) => throw new ApiException(ApiError.Invalid(
        "model",
        $"{context.Request.Path} needs a model with a head that scores pairs of texts (a reranker); the model of this server generates text. "
        + "Compare texts by the vectors of /v1/embeddings instead.",
        "unsupported_endpoint"));
}
