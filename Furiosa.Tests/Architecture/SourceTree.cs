using Furiosa.Tests.Support;

namespace Furiosa.Tests.Architecture;

/// <summary>The repository's own files.</summary>
internal static class SourceTree
{
    public static string Root => TestPaths.Root;

    public static IReadOnlyList<string> Sources(string project) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories).Where(IsSource).Order(StringComparer.Ordinal)];

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static bool IsSource(string path) =>
        !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
}
