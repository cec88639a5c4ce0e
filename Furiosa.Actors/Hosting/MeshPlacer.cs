using Furiosa.Actors.Cluster;
using Furiosa.Device.Artifacts;
using Furiosa.Device.Mesh;

namespace Furiosa.Actors.Hosting;

/// <summary>Places the PEs that the options ask for.</summary>
internal static class MeshPlacer
{
    /// <summary>The options as an artifact allows them, and a line for each that it does not.</summary>
    /// <param name="options">What the admin asked for.</param>
    /// <param name="notices">Takes the lines.</param>
    public static RuntimeOptions Heed(RuntimeOptions options, ICollection<string> notices)
    {
        if (ArtifactManifest.Read(options.ModelDirectory) is not { } artifact) return options;
        if (options.TensorParallel is { } asked && asked != artifact.TensorParallel)
            notices.Add($"INFO: -tp {asked} is ignored: the artifact was built for tp {artifact.TensorParallel}, and answers are the same with any.");
        return options with { TensorParallel = artifact.TensorParallel };
    }

    /// <summary>The mesh of a process by itself.</summary>
    /// <exception cref="RuntimeConfigurationException">Devices and degrees do not fit.</exception>
    public static DeviceMesh Place(RuntimeOptions options) => Explained(() =>
    {
        var degrees = Degrees(options);
        var pes = DeviceDefaults.Resolve(options.Devices, degrees, options.EmulatedDevices, Environment.ProcessorCount);
        return DeviceMesh.Build(pes, degrees.Tensor, degrees.Pipeline, degrees.Data);
    });

    /// <summary>What a node offers its cluster: of the cluster's device specification what is about it, else as many PEs as cores stand behind.</summary>
    /// <exception cref="RuntimeConfigurationException">Devices and degrees do not fit.</exception>
    public static IReadOnlyList<PeId> OfNode(RuntimeOptions options) => Explained(() =>
    {
        var node = options.Cluster!;
        var own = options.Devices is null ? null : ClusterDevices.Of(options.Devices, node.NodeName, node.Hostname, $"{node.Hostname}:{node.Port}");
        return own is { Length: 0 } ? [] : DeviceDefaults.Resolve(own, Degrees(options) with { Data = null }, options.EmulatedDevices, Environment.ProcessorCount);
    });

    /// <summary>How the options split the model.</summary>
    public static ParallelDegrees Degrees(RuntimeOptions options) =>
        new(options.TensorParallel ?? ParallelDegrees.DefaultTensor, options.PipelineParallel ?? ParallelDegrees.DefaultPipeline, options.DataParallel);

    private static T Explained<T>(Func<T> place)
    {
        try
        {
            return place();
        }
        catch (DeviceSpecException fault)
        {
            throw new RuntimeConfigurationException(fault.Message, fault);
        }
    }
}
