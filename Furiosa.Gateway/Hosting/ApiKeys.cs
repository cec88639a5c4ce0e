using System.Security.Cryptography;
using System.Text;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Hosting;

/// <summary>Lets in who knows a key. Comparing takes the same time whatever is wrong with the key shown.</summary>
internal sealed class ApiKeys(IEnumerable<string> keys)
{
    private const string Scheme = "Bearer ";
    private static readonly PathString[] Open = ["/health", "/health/live", "/health/ready", "/version"];
    private readonly byte[][] _digests = [.. keys.Select(Digest)];

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (_digests.Length > 0 && !Open.Contains(context.Request.Path)) Require(context, "The API key");
        return next(context);
    }

    /// <exception cref="ApiException">No key, or none of these, is shown.</exception>
    public void Require(HttpContext context, string what)
    {
        if (IsKnown(context.Request.Headers.Authorization.ToString())) return;
        throw new ApiException(new ApiError(
            StatusCodes.Status401Unauthorized,
            $"{what} is missing or wrong: send it as 'Authorization: Bearer KEY'.",
            ApiError.InvalidRequest,
            Code: "invalid_api_key"));
    }

    private bool IsKnown(string header)
    {
        var isBearer = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        var shown = Digest(isBearer ? header[Scheme.Length..].Trim() : "");
        var known = false;
        foreach (var digest in _digests) known |= CryptographicOperations.FixedTimeEquals(digest, shown);
        return known && isBearer;
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
