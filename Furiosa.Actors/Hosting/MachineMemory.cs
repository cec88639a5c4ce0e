using System.Globalization;

namespace Furiosa.Actors.Hosting;

/// <summary>What memory this process may still take.</summary>
internal static class MachineMemory
{
    /// <summary>Bytes: the lower of what the system has free and what the process's limit leaves.</summary>
    public static long Free()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
        return Math.Max(0, SystemFree() is { } free ? Math.Min(free, limit) : limit);
    }

    private static long? SystemFree()
    {
        const string Path = "/proc/meminfo";
        const string Key = "MemAvailable:";
        if (!File.Exists(Path)) return null;
        var line = File.ReadLines(Path).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[Key.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : null;
    }
}
