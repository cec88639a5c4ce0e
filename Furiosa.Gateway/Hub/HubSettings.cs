using System.Collections;

namespace Furiosa.Gateway.Hub;

/// <summary>Where models are fetched from and kept, by the environment variables of Hugging Face's own tools.</summary>
internal sealed record HubSettings
{
    /// <summary>The hub's address.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The folder with a folder for each model, shared with those tools.</summary>
    public required string Cache { get; init; }

    /// <summary>The user's token, or null. It goes to the hub only.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing is fetched.</summary>
    public bool IsOffline { get; init; }

    /// <summary>How long a try waits before the next, the first time; it doubles.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the hub may stay silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Reads <c>HF_ENDPOINT</c>, <c>HF_HOME</c>, <c>HF_HUB_CACHE</c>, <c>HF_TOKEN</c>, <c>HF_TOKEN_PATH</c>, <c>HF_HUB_OFFLINE</c> and <c>XDG_CACHE_HOME</c>.</summary>
    /// <exception cref="HubException">A value makes no sense.</exception>
    public static HubSettings Read(IDictionary environment)
    {
        var endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        if (!Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new HubException($"HF_ENDPOINT is '{endpoint}', which is no http address.");
        var home = Expand(Value("HF_HOME")) ?? Path.Combine(Expand(Value("XDG_CACHE_HOME")) ?? Path.Combine(UserHome(), ".cache"), "huggingface");
        return new HubSettings
        {
            Endpoint = address,
            Cache = Path.GetFullPath(Expand(Value("HF_HUB_CACHE") ?? Value("HUGGINGFACE_HUB_CACHE")) ?? Path.Combine(home, "hub")),
            Token = Value("HF_TOKEN") ?? Value("HUGGING_FACE_HUB_TOKEN") ?? ReadToken(Expand(Value("HF_TOKEN_PATH")) ?? Path.Combine(home, "token")),
            IsOffline = IsTrue(Value("HF_HUB_OFFLINE")) || IsTrue(Value("TRANSFORMERS_OFFLINE")),
        };

        string? Value(string name) => environment[name] is string text && text.Trim().Length > 0 ? text.Trim() : null;

        string UserHome() => Value("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        string? Expand(string? path) => path is not null && (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)) ? UserHome() + path[1..] : path;
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static string? ReadToken(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
