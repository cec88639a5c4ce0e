using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Hub;

/// <summary>A model on the hub.</summary>
/// <param name="Repository">Such as <c>org/name</c>; old models have no owner.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
/// <param name="Variant">Which of its GGUF files is meant, such as <c>Q4_K_M</c>; null where it is not said.</param>
internal sealed partial record HubModelName(string Repository, string Revision, string? Variant = null)
{
    private const int Longest = 96;

    /// <summary>Its folder in the cache.</summary>
    public string Folder => "models--" + Repository.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>Whether the revision names one state of the files for ever.</summary>
    public bool IsCommit => Commit().IsMatch(Revision);

    /// <summary>Whether the name has no owner before it.</summary>
    public bool IsBare => !Repository.Contains('/');

    /// <summary>Reads <c>org/name</c> or <c>name</c>, with a variant after a colon.</summary>
    /// <returns>The model, or null where the text is no name of a model on the hub, but a path.</returns>
    public static HubModelName? TryParse(string text, string revision)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (name, variant) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        var isName = name.Length <= Longest && Name().IsMatch(name) && !name.Contains("--", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal);
        return isName && (variant is null || Tag().IsMatch(variant)) ? new HubModelName(name, revision, variant) : null;
    }

    /// <summary>Whether a text can be a revision.</summary>
    public static bool IsRevision(string text) => Branch().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"\A([A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\z")]
    private static partial Regex Branch();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
