using Furiosa.Actors.Cluster;
using Furiosa.Actors.Hosting;

namespace Furiosa.Gateway.Configuration;

/// <summary>Settings that are right each by itself, and wrong together or for this program.</summary>
internal static class Conflicts
{
    private static readonly string[] AnyAddress = ["0.0.0.0", "::"];

    public static void Check(SettingReader reader, FuriosaSettings settings)
    {
        var (http, runtime) = (settings.Http, settings.Runtime);
        CheckDevices(reader, runtime);
        CheckPorts(reader, settings);
        if (runtime is { KvCacheBytes: { } cache, EmulatedDeviceBytes: { } device } && cache > device * (runtime.EmulatedDevices ?? 1024L))
            reader.Problem("furiosa.kv-cache.memory", "is more than furiosa.devices.memory holds: lower it");
        if (runtime is { MaxConcurrency: { } most, MaxNumBatchedTokens: { } tokens } && most > tokens)
            reader.Problem("furiosa.scheduler.max-concurrency", $"is more than furiosa.scheduler.max-num-batched-tokens ({tokens}), of which each running sequence takes at least one: lower the one or raise the other");
        if (http is { CertificateFile: null, KeyFile: not null })
            reader.Problem("furiosa.http.tls.key-file", "is a key without a certificate: name that with furiosa.http.tls.certificate-file (--ssl-certfile)");
        foreach (var origin in http.AllowedOrigins.Where(origin => !IsOrigin(origin)))
            reader.Problem("furiosa.http.allowed-origins", $"has '{origin}', which no browser sends: give scheme, host and port only, such as https://example.com, or *");
    }

    private static void CheckDevices(SettingReader reader, RuntimeOptions runtime)
    {
        if (runtime.TensorParallel is not (null or 1 or 2 or 4 or 8)) reader.Problem("furiosa.tensor-parallel-size", "must be 1, 2, 4 or 8; for more PEs use stages or replicas (-pp, -dp)");
        else if (StartRehearsal.DeviceProblem(runtime) is { } problem) reader.Problem(Named(runtime), $"cannot be used: {problem.TrimEnd('.')}");
    }

    // Of devices and degrees, which are wrong together, one that the admin wrote.
    private static string Named(RuntimeOptions runtime) =>
        runtime.Devices is not null ? "furiosa.devices.use"
        : runtime.DataParallel is not null ? "furiosa.data-parallel-size"
        : runtime.PipelineParallel is not null ? "furiosa.pipeline-parallel-size"
        : "furiosa.devices.count";

    private static void CheckPorts(SettingReader reader, FuriosaSettings settings)
    {
        var listening = new List<(string Key, string Host, int Port)>();
        if (settings.Runtime.Role.HasFlag(NodeRoles.Gateway)) listening.Add(("furiosa.http.port", settings.Http.Host, settings.Http.Port));
        if (settings.Admin is { Enabled: true, Port: { } admin }) listening.Add(("furiosa.admin.port", settings.Admin.Host, admin));
        if (settings.Runtime.Cluster is { } cluster)
        {
            listening.Add(("furiosa.cluster.port", cluster.BindHostname!, cluster.Port));
            if (settings.Runtime.Role.HasFlag(NodeRoles.Device)) listening.Add(("furiosa.cluster.data-port", cluster.BindHostname!, cluster.DataPort));
        }
        foreach (var (i, (key, host, port)) in listening.Index().Where(one => one.Item.Port > 0))
        {
            if (listening.Take(i).FirstOrDefault(other => other.Port == port && Meet(host, other.Host)) is { Key: { } taken })
                reader.Problem(key, $"{(reader.Text(key) is null ? $"(port {port}) " : "")}is {taken} too: give each a port of its own");
        }
    }

    private static bool Meet(string host, string other) => host == other || AnyAddress.Contains(host) || AnyAddress.Contains(other);

    private static bool IsOrigin(string text) =>
        text == "*" || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0 && text.TrimEnd('/') == url.GetLeftPart(UriPartial.Authority)) || text == "null";
}
