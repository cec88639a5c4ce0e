using System.Runtime.InteropServices;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Cli;
using Furiosa.Gateway.Hub;

namespace Furiosa.Gateway.Configuration;

/// <summary>Finds the model's directory or GGUF file.</summary>
internal static class ModelLocator
{
    public const string BundledName = "furiosa-demo";
    private const int EndedBySignal = 130;

    /// <summary>The directory that was named, the bundled model's, or that of a model on the hub, which is fetched first.</summary>
    /// <param name="model">The directory or the hub's <c>org/name</c>, as the admin wrote it; null for the bundled one.</param>
    /// <param name="revision">Branch, tag or commit of a model on the hub; null for <c>main</c>.</param>
    /// <param name="withWeights">Whether the weights are needed too.</param>
    /// <exception cref="ConfigurationException">There is no such model, or it cannot be fetched.</exception>
    public static string Resolve(string? model, string? revision = null, bool withWeights = true) => Find(model, revision, out var onHub) ?? Fetch(onHub!, withWeights);

    /// <summary>The same without fetching anything.</summary>
    /// <param name="model">What the admin wrote; null for the bundled one.</param>
    /// <param name="revision">Branch, tag or commit of a model on the hub; null for <c>main</c>.</param>
    /// <param name="onHub">The model on the hub that would be fetched.</param>
    /// <returns>The directory or file; null for a model on the hub.</returns>
    /// <exception cref="ConfigurationException">There is no such model.</exception>
    public static string? Find(string? model, string? revision, out HubModelName? onHub)
    {
        onHub = null;
        if (model is null) return FindBundled() ?? throw new ConfigurationException($"The bundled model (models/{BundledName}) is not beside this program; name a model directory.", exitCode: 1);
        if (FindHere(model) is { } here) return here;
        if (File.Exists(model)) throw new ConfigurationException($"--model {model} is a file, but no .gguf file; give one, or the directory of a Hugging Face model.");
        onHub = HubModelName.TryParse(model, revision ?? "main")
            ?? throw new ConfigurationException($"--model {model}: there is no such directory; give the path of a Hugging Face model directory or a model on the hub as org/name (org/name:Q4_K_M for one of its GGUF files), or leave it out for the bundled demo model.");
        if (revision is not null && !HubModelName.IsRevision(revision)) throw new ConfigurationException($"--revision {revision} cannot be a revision; give a branch, a tag or a commit.");
        return null;
    }

    /// <summary>A model that need not be fetched; null where it is none.</summary>
    /// <param name="model">What the admin wrote.</param>
    // An .fxb file is refused where models are opened, with a line that says what it is.
    public static string? FindHere(string model) =>
        Directory.Exists(model) || (File.Exists(model) && Path.GetExtension(model).ToUpperInvariant() is ".GGUF" or ".FXB") ? model : null;

    private static string Fetch(HubModelName model, bool withWeights)
    {
        // Nothing else runs yet, and what has come is kept: a signal ends the process at once.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(EndedBySignal));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(EndedBySignal));
        var rich = !Console.IsErrorRedirected && StartupConsole.MayBeRich();
        try
        {
            var hub = new HubModels(HubSettings.Read(Environment.GetEnvironmentVariables()), new HubConsole(Console.Error, rich, model.Repository)) { BeforeWeights = RequireKnown };
            return Task.Run(() => hub.FetchAsync(model, withWeights, CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (HubException error)
        {
            throw new ConfigurationException(model.IsBare ? $"--model {model.Repository}: there is no such directory, and as a model on the hub: {error.Message}" : error.Message, exitCode: 1);
        }
    }

    // What cannot be served is refused before gigabytes of it have come.
    private static void RequireKnown(string snapshot)
    {
        if (File.Exists(Path.Combine(snapshot, ModelDirectory.ConfigFile))) StartRehearsal.RequireKnown(snapshot);
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
