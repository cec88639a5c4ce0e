using System.Net;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Admin;

/// <summary>
/// Lets admins in: by their key, where there is one; else whoever is on this machine, but no web page that a browser on this machine
/// happens to show (neither one from elsewhere nor one whose name was made to point here).
/// </summary>
internal sealed class AdminDoor(string? key)
{
    public const string ApiPath = "/admin/api";
    private readonly ApiKeys? _keys = key is null ? null : new ApiKeys(new KeyRing([ClientKey.Plain(key, 1)]));

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (_keys is not null)
        {
            if (context.Request.Path.StartsWithSegments(ApiPath)) _keys.Require(context, "The admin key");
            return next(context);
        }
        if (!IsLocalName(context.Request.Host.Host)) throw Foreign($"Without an admin key this listener answers to 127.0.0.1 and localhost only, not to '{BodyFields.Shorten(context.Request.Host.Host)}'.");
        if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{context.Request.Scheme}://{context.Request.Host}")
            throw Foreign($"Web pages of '{BodyFields.Shorten(origin)}' may not call the admin listener.");
        return next(context);
    }

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static ApiException Foreign(string message) => new(new ApiError(StatusCodes.Status403Forbidden, message, ApiError.InvalidRequest, Code: "foreign_origin"));
}
