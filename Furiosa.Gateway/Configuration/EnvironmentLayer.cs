using System.Collections;

namespace Furiosa.Gateway.Configuration;

/// <summary>Settings from the environment: <c>furiosa.http.port</c> is <c>FURIOSA_HTTP__PORT</c>.</summary>
internal static class EnvironmentLayer
{
    private const string Prefix = "FURIOSA_";

    // For tests and containers of this repository; FURIOSA_KERNELS is explained in hocon/reference.conf.
    private static readonly string[] NoSettings = ["FURIOSA_KERNELS", "FURIOSA_CHAOS_SECONDS", "FURIOSA_TEST_CHROMIUM", "FURIOSA_TEST_NPM", "FURIOSA_SHOTS", "FURIOSA_ADMIN", "FURIOSA_IMAGE", "FURIOSA_AHEAD"];

    /// <summary>The variable of a key.</summary>
    public static string NameOf(string key) =>
        Prefix + key["furiosa.".Length..].Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();

    /// <summary>A line for each variable that begins as those of settings do and is none.</summary>
    public static IReadOnlyList<string> Unknown(IDictionary environment, IEnumerable<string> keys)
    {
        var known = keys.Select(NameOf).Concat(NoSettings).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. from name in environment.Keys.Cast<string>()
               where name.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(name)
               orderby name
               select $"{name}: there is no setting of this variable{(KnownKeys.Nearest(name, known) is { } nearest ? $"; did you mean {nearest}?" : "; hocon/reference.conf lists them all")}",
        ];
    }

    /// <summary>Reads the variables of the keys known; others that begin alike may belong to other programs.</summary>
    public static SettingsLayer Read(IDictionary environment, IEnumerable<string> keys)
    {
        var layer = new SettingsLayer();
        foreach (var key in keys)
        {
            var name = NameOf(key);
            if (environment[name] is string { Length: > 0 } value) layer.Set(key, value, name);
        }
        return layer;
    }
}
