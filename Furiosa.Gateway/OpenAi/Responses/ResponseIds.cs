using System.Security.Cryptography;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>
/// Makes ids of responses, which name the gateway that keeps them, so that another gateway can forward to it or say that it has gone:
/// <c>resp_GATEWAY_UNIQUE</c>. A restarted gateway has another name, for its store is a new one.
/// </summary>
/// <param name="gateway">This process, in lower-case letters and digits.</param>
internal sealed class ResponseIds(string gateway)
{
    private const string Prefix = "resp_";

    /// <summary>The name of this gateway in ids.</summary>
    public string Gateway => gateway;

    /// <summary>Ids of a process that nobody has named.</summary>
    public static ResponseIds ForThisProcess() => new(RandomNumberGenerator.GetHexString(12, lowercase: true));

    public string New() => $"{Prefix}{gateway}_{Guid.NewGuid():N}";

    /// <summary>An id of an item.</summary>
    public static string NewItem(string kind) => $"{kind}_{Guid.NewGuid():N}";

    /// <summary>The gateway that an id names; null for what is no id of a response.</summary>
    public static string? GatewayOf(string id)
    {
        var parts = id.Split('_');
        return parts is ["resp", { Length: > 0 } name, { Length: > 0 }] ? name : null;
    }

    /// <summary>Why there is no such response.</summary>
    public ApiError NotFound(string id, string? param = null)
    {
        var shown = BodyFields.Shorten(id);
        var message = GatewayOf(id) switch
        {
            null => $"'{shown}' is no id of a response; they look like {Prefix}{gateway}_...",
            var name when name != gateway => $"Response '{shown}' was kept by another gateway process, which is gone or cannot be reached, and its store with it.",
            _ => $"There is no response '{shown}' (any more): it was never stored, was deleted, has expired or gave way to newer ones.",
        };
        return new ApiError(StatusCodes.Status404NotFound, message, ApiError.InvalidRequest, param, param is null ? "response_not_found" : "previous_response_not_found");
    }
}
