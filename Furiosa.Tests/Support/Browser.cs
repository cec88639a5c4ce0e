namespace Furiosa.Tests.Support;

/// <summary>The browser that tests use the console in.</summary>
internal static class Browser
{
    private static readonly string[] Places =
        [Environment.GetEnvironmentVariable("FURIOSA_TEST_CHROMIUM") ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>Its path; ignores the running test where there is none.</summary>
    public static string Require()
    {
        var found = Places.FirstOrDefault(File.Exists);
        if (found is null) Assert.Ignore("No Chromium is installed (apt-get install chromium, or FURIOSA_TEST_CHROMIUM=its path).");
        return found!;
    }
}
