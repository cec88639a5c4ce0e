using System.Text;
using Newtonsoft.Json;

namespace Furiosa.Gateway.Configuration;

/// <summary>Writes the merged settings under <c>akka</c> as HOCON again, for the runtime.</summary>
internal static class AkkaSection
{
    /// <summary>Akka's own key for seed nodes, which the node joins by itself.</summary>
    public const string SeedNodes = "akka.cluster.seed-nodes";

    public static string Write(SettingsLayer merged)
    {
        var text = new StringBuilder();
        foreach (var (key, path, setting) in merged.All.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            if (!key.StartsWith("akka.", StringComparison.Ordinal) || key == SeedNodes) continue;
            var values = setting.Values.Select(value => JsonConvert.ToString(value));
            text.AppendJoin('.', path.Select(Quote)).Append(" = ").AppendLine(setting.IsList ? $"[{string.Join(", ", values)}]" : values.First());
        }
        return text.ToString();
    }

    private static string Quote(string name) => name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') ? name : JsonConvert.ToString(name);
}
