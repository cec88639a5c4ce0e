using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>
/// Names with a colon (<c>vllm:…</c>), which the text format has and the library refuses: they are kept with two underscores and shown
/// with the colon.
/// </summary>
internal static partial class ColonNames
{
    private const string Kept = "vllm__";
    private const string Shown = "vllm:";

    public static string Keep(string name) => name.StartsWith(Shown, StringComparison.Ordinal) ? Kept + name[Shown.Length..] : name;

    /// <summary>The text with its names as they are to be seen; values of labels stay as they are.</summary>
    public static string Show(string text) => KeptName().Replace(text, Shown);

    [GeneratedRegex($"(?<=^|^# HELP |^# TYPE ){Kept}", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex KeptName();
}
