using System.Reflection;
using Furiosa.Gateway.OpenAi;

namespace Furiosa.Gateway.Health;

/// <summary><c>GET /version</c>.</summary>
internal static class VersionEndpoint
{
    /// <summary>The version of this build, without the commit that the compiler may append.</summary>
    public static string Version { get; } =
        typeof(VersionEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static Task ShowAsync(HttpContext context) => JsonResponse.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteEndObject();
    });
}
