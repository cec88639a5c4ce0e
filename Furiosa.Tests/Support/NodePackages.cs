namespace Furiosa.Tests.Support;

/// <summary>Finds npm packages that some tests take data from (<c>Furiosa.Tests/Node/package.json</c>).</summary>
internal static class NodePackages
{
    /// <summary>A file of an installed package; ignores the running test where the packages are not installed.</summary>
    public static string RequireFile(string package, params string[] parts)
    {
        string[] roots = [Environment.GetEnvironmentVariable("FURIOSA_TEST_NPM") ?? "", Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node", "node_modules")];
        var file = roots.Where(root => root.Length > 0).Select(root => Path.Combine([root, package, .. parts])).FirstOrDefault(File.Exists);
        if (file == null)
            Assert.Ignore($"The npm package {package} is not installed (npm ci in Furiosa.Tests/Node).");
        return file!;
    }
}
