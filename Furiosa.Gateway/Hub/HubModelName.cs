using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Hub;

/// <summary>A model on the hub.</summary>
/// <param name="Repository">Such as <c>org/name</c>.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
internal sealed partial record HubModelName(string Repository, string Revision)
{
    private const int Longest = 96;

    /// <summary>Its folder in the cache.</summary>
    public string Folder => "models--" + Repository.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>Whether the revision names one state of the files for ever.</summary>
    public bool IsCommit => Commit().IsMatch(Revision);

    /// <summary>Whether a text is the name of a model on the hub, rather than a path.</summary>
    public static bool IsName(string text) => text.Length <= Longest && Name().IsMatch(text) && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>Whether a text can be a revision.</summary>
    public static bool IsRevision(string text) => Branch().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\z")]
    private static partial Regex Branch();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
