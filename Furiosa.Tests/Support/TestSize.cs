using System.Globalization;

namespace Furiosa.Tests.Support;

/// <summary>How long or large a test is that can be made longer or larger by a variable of the environment.</summary>
internal static class TestSize
{
    /// <param name="name">The variable.</param>
    /// <param name="otherwise">The number where there is none.</param>
    public static int Of(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
