namespace Furiosa.Device.Mesh;

/// <summary>How the model is split and copied.</summary>
/// <param name="Tensor">PEs that share each layer: 1, 2, 4 or 8.</param>
/// <param name="Pipeline">Stages of a replica.</param>
/// <param name="Data">Replicas, or null to make as many as the PEs allow.</param>
public sealed record ParallelDegrees(int Tensor, int Pipeline, int? Data)
{
    /// <summary>Tensor parallelism where none is asked for.</summary>
    public const int DefaultTensor = 4;

    /// <summary>Pipeline parallelism where none is asked for.</summary>
    public const int DefaultPipeline = 1;

    private const int Most = 8192;

    /// <summary>PEs of one replica.</summary>
    public int PesPerReplica => checked(Tensor * Pipeline);

    /// <summary>Checks the degrees by themselves.</summary>
    /// <returns>The same degrees.</returns>
    /// <exception cref="DeviceSpecException">A degree is out of range.</exception>
    public ParallelDegrees Checked()
    {
        if (Tensor >= 16 && Tensor % 8 == 0)
            throw new DeviceSpecException($"Tensor parallelism of {Tensor} would span devices, which this build does not do: use 1, 2, 4 or 8, and -pp or -dp for more PEs.");
        if (Tensor is not (1 or 2 or 4 or 8)) throw new DeviceSpecException($"Invalid tensor parallel size: {Tensor}; it must be 1, 2, 4 or 8.");
        if (Pipeline is < 1 or > Most) throw new DeviceSpecException($"Invalid pipeline parallel size: {Pipeline}; it must be 1 or more (at most {Most}).");
        if (Data is < 1 or > Most) throw new DeviceSpecException($"Invalid data parallel size: {Data}; it must be 1 or more (at most {Most}).");
        return this;
    }
}
