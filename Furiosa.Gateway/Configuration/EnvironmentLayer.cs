using System.Collections;

namespace Furiosa.Gateway.Configuration;

/// <summary>Settings from the environment: <c>furiosa.http.port</c> is <c>FURIOSA_HTTP__PORT</c>.</summary>
internal static class EnvironmentLayer
{
    private const string Prefix = "FURIOSA_";

    /// <summary>The variable of a key.</summary>
    public static string NameOf(string key) =>
        Prefix + key["furiosa.".Length..].Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();

    /// <summary>Reads the variables of the keys known; others that begin alike belong to other programs.</summary>
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
