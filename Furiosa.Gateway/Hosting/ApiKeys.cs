using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Observability.Metrics;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Hosting;

/// <summary>Lets in who knows a key, and says whose it is.</summary>
internal sealed class ApiKeys(KeyRing keys)
{
    private static readonly PathString[] Open = ["/health", "/health/live", "/health/ready", "/version", MetricsEndpoint.Path];

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!keys.IsOpen && !Open.Contains(context.Request.Path)) context.Features.Set(Require(context, "The API key"));
        return next(context);
    }

    /// <summary>The key that is shown.</summary>
    /// <exception cref="ApiException">No key, or none of these, is shown.</exception>
    public ClientKey Require(HttpContext context, string what) => keys.Find(context.Request.Headers.Authorization.ToString())
        ?? throw new ApiException(new ApiError(
            StatusCodes.Status401Unauthorized,
            $"{what} is missing or wrong: send it as 'Authorization: Bearer KEY'.",
            ApiError.InvalidRequest,
            Code: "invalid_api_key"));
}
