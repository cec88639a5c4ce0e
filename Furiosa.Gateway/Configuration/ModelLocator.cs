namespace Furiosa.Gateway.Configuration;

/// <summary>Finds the model's directory.</summary>
internal static class ModelLocator
{
    public const string BundledName = "furiosa-demo";

    /// <summary>The directory that was named, or the bundled model's.</summary>
    /// <param name="model">The directory as the admin wrote it; null for the bundled one.</param>
    /// <exception cref="ConfigurationException">There is no such directory.</exception>
    public static string Resolve(string? model)
    {
        if (model is null) return FindBundled() ?? throw new ConfigurationException($"The bundled model (models/{BundledName}) is not beside this program; name a model directory.", exitCode: 1);
        if (Directory.Exists(model)) return model;
        throw new ConfigurationException(File.Exists(model)
            ? $"--model {model} is a file; give the directory of a Hugging Face model."
            : $"--model {model}: there is no such directory; give the path of a Hugging Face model directory (nothing is downloaded), or leave it out for the bundled demo model.");
    }

    // The program runs from a folder inside the repository, or from one that was published with the model beside it.
    private static string? FindBundled()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "models", BundledName);
            if (File.Exists(Path.Combine(candidate, "config.json"))) return candidate;
        }
        return null;
    }
}
