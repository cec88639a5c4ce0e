using Furiosa.Actors.Cluster;
using Furiosa.Device.Links;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;

namespace Furiosa.Actors.Hosting;

/// <summary>What of a start can be tried without starting: whatever is refused here would be refused there, in the same words.</summary>
public static class StartRehearsal
{
    /// <summary>What is wrong with the devices and with how the model is to be split over them. No weights are read.</summary>
    /// <param name="options">The merged configuration; <see cref="RuntimeOptions.ModelDirectory"/> is empty where it is not known yet.</param>
    /// <returns>One line, or null.</returns>
    public static string? DeviceProblem(RuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Role.HasFlag(NodeRoles.Device)) return null;
        try
        {
            if (options.ModelDirectory.Length > 0) options = MeshPlacer.Heed(options, []);
        }
        catch (ModelFormatException)
        {
            // Said where the model is opened.
        }
        return ProblemOf(() =>
        {
            if (options.Cluster is null) MeshPlacer.Place(options);
            else MeshPlacer.OfNode(options);
        });
    }

    /// <summary>What is wrong beyond that: a model that does not fit the options or the memory, certificates that cannot be used. Reads headers, not weights.</summary>
    /// <param name="options">The merged configuration, which has no <see cref="DeviceProblem"/>; the model is not looked at where its directory is empty.</param>
    /// <returns>A line for each problem.</returns>
    /// <exception cref="ModelFormatException">A model file cannot be used.</exception>
    public static IReadOnlyList<string> Problems(RuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string?[] problems =
        [
            ProblemOf(() => RuntimeStarter.RequireInRange(options)),
            ProblemOf(() => LoadCertificates(options.Cluster)?.Dispose()),
            ProblemOf(() => TryAkka(options)),
            options.ModelDirectory.Length == 0 ? null : options.Cluster is null ? FitProblem(options) : ProblemOf(() => RequireFit(options)),
        ];
        return [.. problems.OfType<string>()];
    }

    /// <summary>Refuses a model that is of no known family or has settings that are not supported. Its weights need not be there.</summary>
    /// <param name="directory">Its directory.</param>
    /// <exception cref="ModelFormatException">The message names the field and the remedy.</exception>
    public static void RequireKnown(string directory) => ModelConfig.Read(ModelDirectory.Open(directory));

    internal static ClusterCertificates? LoadCertificates(ClusterOptions? cluster)
    {
        if (cluster?.Tls is not { } tls) return null;
        try
        {
            return ClusterCertificates.Load(tls.Authority, tls.Certificate, tls.Key);
        }
        catch (InvalidDataException fault)
        {
            throw new RuntimeConfigurationException(fault.Message, fault);
        }
    }

    /// <exception cref="RuntimeConfigurationException">The model has too few layers, or was made for shorter sequences.</exception>
    internal static void RequireFit(ModelConfig model, int longest, int stages)
    {
        if (longest > model.LongestSequence)
            throw new RuntimeConfigurationException($"--max-model-len {longest} is more than the {model.LongestSequence} tokens that the model was made for: lower it.");
        if (stages > model.LayerCount)
            throw new RuntimeConfigurationException($"-pp {stages} is more than the model's {model.LayerCount} layers: use 1 to {model.LayerCount}.");
    }

    // Akka checks its settings while it starts; what listens for other nodes is left out.
    private static void TryAkka(RuntimeOptions options)
    {
        if (!string.IsNullOrWhiteSpace(options.AkkaHocon)) RuntimeStarter.CreateSystem(options with { Cluster = null }).Terminate().GetAwaiter().GetResult();
    }

    private static string? FitProblem(RuntimeOptions options)
    {
        string? memory = null;
        return ProblemOf(() => memory = RuntimePlanner.Plan(options).Problem) ?? memory;
    }

    private static void RequireFit(RuntimeOptions options)
    {
        var model = ModelConfig.Read(ModelDirectory.Open(options.ModelDirectory));
        RequireFit(model, options.MaxModelLen ?? model.MaxPositionEmbeddings, MeshPlacer.Degrees(options).Pipeline);
    }

    private static string? ProblemOf(Action rehearse)
    {
        try
        {
            rehearse();
            return null;
        }
        catch (RuntimeConfigurationException fault)
        {
            return fault.Message;
        }
    }
}
