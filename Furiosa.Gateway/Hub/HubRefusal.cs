using System.Net;

namespace Furiosa.Gateway.Hub;

/// <summary>Says in a sentence why the hub refused, and what would help.</summary>
internal static class HubRefusal
{
    public static HubException Explain(HttpResponseMessage response, HubModelName model, string? file, HubSettings settings)
    {
        var code = response.Headers.TryGetValues("X-Error-Code", out var values) ? values.FirstOrDefault() : null;
        var page = new Uri(settings.Endpoint, model.Repository);
        var token = settings.Token is null ? "set HF_TOKEN to a token of your account" : "check that HF_TOKEN is a valid token of an account that may read it";
        return new HubException((code, response.StatusCode) switch
        {
            ("GatedRepo", _) => $"{model.Repository} is gated: accept its conditions at {page}, then {token}.",
            ("RepoNotFound", _) or (null, HttpStatusCode.NotFound) when file is null => $"There is no model {model.Repository} at {settings.Endpoint}, or it is private: check the name; if it is private, {token}.",
            ("RevisionNotFound", _) => $"{model.Repository} has no revision '{model.Revision}': leave out --revision, or give a branch, tag or commit that {page} shows.",
            ("EntryNotFound", _) or (_, HttpStatusCode.NotFound) => $"{model.Repository} has no file {file ?? "list"} at revision '{model.Revision}'.",
            ("DisabledRepo", _) => $"{model.Repository} has been disabled by the hub: see {page}.",
            (_, HttpStatusCode.Unauthorized) => $"There is no model {model.Repository} at {settings.Endpoint}, or it is private: check the name; if it is private, {token}.",
            (_, HttpStatusCode.Forbidden) => $"{model.Repository} may not be read{Message(response)}: see {page}, and {token}.",
            (_, HttpStatusCode.TooManyRequests) => $"{settings.Endpoint} takes no more requests now: wait a while, or {token}.",
            _ => $"{settings.Endpoint} answers {(int)response.StatusCode} for {file ?? "the list of files"} of {model.Repository}{Message(response)}.",
        });
    }

    private static string Message(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Error-Message", out var values) && values.FirstOrDefault() is { Length: > 0 and < 300 } text ? $" ({text.TrimEnd('.')})" : "";
}
