namespace Furiosa.Device.Mesh;

/// <summary>Which PEs there are on a machine whose NPUs are emulated.</summary>
public static class DeviceDefaults
{
    /// <summary>Gives the PEs that a mesh is built from.</summary>
    /// <param name="devices">The text of <c>--devices</c>, or null for all available.</param>
    /// <param name="degrees">The parallel degrees asked for.</param>
    /// <param name="emulatedDevices">How many devices the configuration gives, or null for <c>auto</c>: as many as are needed.</param>
    /// <param name="cores">Processor cores this process may use: a PE that no core stands behind is not available by default.</param>
    /// <exception cref="DeviceSpecException">The text is malformed, a degree out of range, or a named device does not exist.</exception>
    public static IReadOnlyList<PeId> Resolve(string? devices, ParallelDegrees degrees, int? emulatedDevices, int cores)
    {
        degrees.Checked();
        if (emulatedDevices is < 1 or > DeviceSpec.MaxDevice + 1)
            throw new DeviceSpecException($"Invalid number of devices: {emulatedDevices}; furiosa.devices must give from 1 to {DeviceSpec.MaxDevice + 1} devices, or auto.");
        if (devices is not null) return Named(devices, emulatedDevices);

        var wanted = Wanted(degrees, cores);
        var available = (emulatedDevices ?? DeviceSpec.MaxDevice + 1) * DeviceSpec.PesPerDevice;
        return [.. Enumerable.Range(0, (int)Math.Min(wanted, available)).Select(i => new PeId(i / DeviceSpec.PesPerDevice, i % DeviceSpec.PesPerDevice))];
    }

    /// <summary>
    /// How many PEs are used when none are named: <c>dp * tp * pp</c>, or without dp <c>max(tp * pp, min(8, cores))</c>
    /// cut to whole replicas.
    /// </summary>
    /// <param name="degrees">The parallel degrees asked for.</param>
    /// <param name="cores">Processor cores this process may use.</param>
    public static long Wanted(ParallelDegrees degrees, int cores)
    {
        long replica = degrees.PesPerReplica;
        if (degrees.Data is { } data) return data * replica;
        var wanted = Math.Max(replica, Math.Min(DeviceSpec.PesPerDevice, cores));
        return wanted - wanted % replica;
    }

    private static IReadOnlyList<PeId> Named(string devices, int? emulatedDevices)
    {
        var pes = DeviceSpec.Parse(devices);
        if (emulatedDevices is { } count && pes[^1].Device >= count)
            throw new DeviceSpecException($"npu:{pes[^1].Device} does not exist: furiosa.devices gives {count} device{(count == 1 ? "" : "s")}, npu:0 to npu:{count - 1}; raise its count or name another.");
        return pes;
    }
}
