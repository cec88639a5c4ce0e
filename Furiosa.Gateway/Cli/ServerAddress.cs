using System.Diagnostics.CodeAnalysis;

namespace Furiosa.Gateway.Cli;

/// <summary>Reads the address of a server as people write it.</summary>
internal static class ServerAddress
{
    private const string ClientsBase = "/v1";

    /// <summary>The server's root, of <c>http://HOST:PORT</c> with or without a path below it; the base URL of OpenAI's clients is one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address)
    {
        var root = text.TrimEnd('/');
        if (root.EndsWith(ClientsBase, StringComparison.Ordinal)) root = root[..^ClientsBase.Length];
        return Uri.TryCreate(root + "/", UriKind.Absolute, out address) && address.Scheme is "http" or "https";
    }
}
