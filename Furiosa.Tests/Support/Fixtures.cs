namespace Furiosa.Tests.Support;

/// <summary>Data that the repository carries for its tests.</summary>
internal static class Fixtures
{
    /// <summary>A tiny model with reference outputs, <c>Fixtures/models</c>.</summary>
    public static string Model(string name) => Path.Combine(TestPaths.Root, "Furiosa.Tests", "Fixtures", "models", name);

    /// <summary>What Jinja2 gave for templates, <c>Fixtures/templates</c>.</summary>
    public static string Template(string name) => Path.Combine(TestPaths.Root, "Furiosa.Tests", "Fixtures", "templates", name);
}
