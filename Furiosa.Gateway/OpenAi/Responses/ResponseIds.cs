using System.Security.Cryptography;

namespace Furiosa.Gateway.OpenAi.Responses;

/// <summary>
/// Makes ids of responses and of their items, which name the gateway that keeps them, so that another gateway can forward to it or say
/// that it has gone: <c>resp_GATEWAY_UNIQUE</c>. A restarted gateway has another name, for its store is a new one.
/// </summary>
/// <param name="gateway">Tells this process's name, in lower-case letters and digits.</param>
internal sealed class ResponseIds(Func<string> gateway)
{
    private const string Prefix = "resp";

    /// <summary>The name of this gateway in ids.</summary>
    public string Gateway => gateway();

    /// <summary>Ids of a process by the name that its cluster knows it by, or by a name of its own while there is none.</summary>
    public static ResponseIds For(Func<string?> name)
    {
        var own = RandomNumberGenerator.GetHexString(12, lowercase: true);
        return new ResponseIds(() => name() ?? own);
    }

    public string New() => NewItem(Prefix);

    /// <summary>An id of an item.</summary>
    public string NewItem(string kind) => $"{kind}_{Gateway}_{Guid.NewGuid():N}";

    /// <summary>The gateway that an id names; null where it names none.</summary>
    public static string? GatewayOf(string id) =>
        id.Split('_') is [{ Length: > 0 }, { Length: > 0 and <= 64 } name, { Length: > 0 }] && name.All(char.IsAsciiLetterOrDigit) ? name : null;

    /// <summary>Why there is no such response.</summary>
    public ApiError NotFound(string id, string? param = null)
    {
        var shown = BodyFields.Shorten(id);
        var message = id.StartsWith(Prefix + "_", StringComparison.Ordinal) ? GatewayOf(id) switch
        {
            null => NoId(shown),
            var name when name != Gateway => $"Response '{shown}' was kept by another gateway process, which is gone or cannot be reached, and its store with it.",
            _ => $"There is no response '{shown}' (any more): it was never stored, was deleted, has expired or gave way to newer ones.",
        } : NoId(shown);
        return new ApiError(StatusCodes.Status404NotFound, message, ApiError.InvalidRequest, param, param is null ? "response_not_found" : "previous_response_not_found");
    }

    /// <summary>Why there is no such item.</summary>
    public ApiError ItemNotFound(string id, string param) => new(
        StatusCodes.Status404NotFound,
        $"There is no item '{BodyFields.Shorten(id)}' (any more): items are kept with their response, as long as that is stored and its gateway lives. Send the item itself.",
        ApiError.InvalidRequest, param, "item_not_found");

    private string NoId(string shown) => $"'{shown}' is no id of a response; they look like {Prefix}_{Gateway}_...";
}
