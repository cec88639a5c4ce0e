using System.Security.Cryptography;

namespace Furiosa.Gateway.WebConsole;

/// <summary>A built file of the console, kept in the program itself so that it works from anywhere and offline.</summary>
/// <param name="Name">Its path below <c>/admin</c>, e.g. <c>assets/index-AbCd1234.js</c>.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record ConsoleFile(string Name, byte[] Content)
{
    public const string Page = "index.html";
    private const string Prefix = "console/";

    public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Content))[..16]}\"";

    // The builder names all but the page after their content.
    public string CacheControl => Name == Page ? "no-cache" : "public, max-age=31536000, immutable";

    public string ContentType => Path.GetExtension(Name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The console's build holds {Name}, and nobody said what is served for {other}."),
    };

    public static IReadOnlyList<ConsoleFile> All { get; } = [.. Load()];

    private static IEnumerable<ConsoleFile> Load()
    {
        var assembly = typeof(ConsoleFile).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            yield return new ConsoleFile(name[Prefix.Length..].Replace('\\', '/'), content);
        }
    }
}
