namespace Furiosa.Tests.Architecture;

/// <summary>The repository's own files, found from the test assembly upwards.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Sources(string project) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories).Where(IsSource).Order(StringComparer.Ordinal)];

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static bool IsSource(string path) =>
        !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "furiosa.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException("furiosa.sln was not found above the test assembly.");
    }
}
