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

    /// <summary>The mesh.</summary>
    /// <exception cref="RuntimeConfigurationException">Devices and degrees do not fit.</exception>
    public static DeviceMesh Place(RuntimeOptions options)
    {
        try
        {
            var degrees = new ParallelDegrees(options.TensorParallel ?? ParallelDegrees.DefaultTensor, options.PipelineParallel ?? ParallelDegrees.DefaultPipeline, options.DataParallel);
            var pes = DeviceDefaults.Resolve(options.Devices, degrees, options.EmulatedDevices, Environment.ProcessorCount);
            return DeviceMesh.Build(pes, degrees.Tensor, degrees.Pipeline, degrees.Data);
        }
        catch (DeviceSpecException fault)
        {
            throw new RuntimeConfigurationException(fault.Message, fault);
        }
    }
}
