namespace Furiosa.Gateway.Configuration;

/// <summary>Settings that are right each by itself, and wrong together or for this program.</summary>
internal static class Conflicts
{
    public static void Check(SettingReader reader, FuriosaSettings settings)
    {
        var (http, admin, runtime) = (settings.Http, settings.Admin, settings.Runtime);
        if (runtime.TensorParallel is not (null or 1 or 2 or 4 or 8))
            reader.Problem("furiosa.tensor-parallel-size", "must be 1, 2, 4 or 8; for more PEs use stages or replicas (-pp, -dp)");
        if (admin is { Enabled: true, Port: > 0 } && admin.Port == http.Port)
            reader.Problem("furiosa.admin.port", "is furiosa.http.port too: give the admin listener a port of its own");
        if (runtime is { KvCacheBytes: { } cache, EmulatedDeviceBytes: { } device } && cache > device * (runtime.EmulatedDevices ?? 1024L))
            reader.Problem("furiosa.kv-cache.memory", "is more than furiosa.devices.memory holds: lower it");
        if (runtime is { MaxConcurrency: { } most, MaxNumBatchedTokens: { } tokens } && most > tokens)
            reader.Problem("furiosa.scheduler.max-concurrency", $"is more than furiosa.scheduler.max-num-batched-tokens ({tokens}), of which each running sequence takes at least one: lower the one or raise the other");
    }
}
