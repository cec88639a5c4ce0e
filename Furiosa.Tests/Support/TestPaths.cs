namespace Furiosa.Tests.Support;

/// <summary>Where tests find the repository and, where it is there, the shared conformance data beside it.</summary>
internal static class TestPaths
{
    /// <summary>The repository's root: the nearest folder above the test assembly that has the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder <c>shared</c> beside the repository, or null.</summary>
    public static string? Shared { get; } = Directory.Exists(Path.Combine(Root, "..", "shared")) ? Path.GetFullPath(Path.Combine(Root, "..", "shared")) : null;

    /// <summary>The bundled model.</summary>
    public static string DemoModel => Path.Combine(Root, "models", "furiosa-demo");

    /// <summary>A path inside <see cref="Shared"/>; ignores the running test where there is none.</summary>
    public static string RequireShared(params string[] parts)
    {
        if (Shared == null)
            Assert.Ignore("The conformance data (../shared) is not here.");
        return Path.Combine([Shared!, .. parts]);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "furiosa.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
