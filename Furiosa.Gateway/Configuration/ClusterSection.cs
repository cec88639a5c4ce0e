using System.Globalization;
using Furiosa.Actors.Cluster;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads what a process does in a cluster, if it is in one.</summary>
internal static class ClusterSection
{
    private const int DefaultPort = 7080;
    private const string Seeds = "furiosa.cluster.seed-nodes";

    public static NodeRoles ReadRole(SettingReader reader) => reader.OneOf("furiosa.role", "all", "gateway", "device") switch
    {
        "gateway" => NodeRoles.Gateway,
        "device" => NodeRoles.Device,
        _ => NodeRoles.All,
    };

    /// <returns>Null for a process by itself: one with both roles that names neither a port nor seed nodes.</returns>
    public static ClusterOptions? Read(SettingReader reader, NodeRoles role)
    {
        var port = reader.Integer("furiosa.cluster.port", 0, 65_535);
        var named = reader.List(Seeds);
        // Whoever knows Akka may have written them where Akka has them.
        if (named.Count == 0 && reader.Has(AkkaSection.SeedNodes)) named = reader.List(AkkaSection.SeedNodes);
        var seeds = named.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(WithoutScheme).ToList();
        foreach (var wrong in seeds.Where(seed => !IsHostAndPort(seed)))
            reader.Problem(Seeds, $"has '{wrong}', but each must be a host and a port such as 10.0.0.1:{DefaultPort}");
        var hostname = reader.Text("furiosa.cluster.hostname") ?? OwnAddress.Towards(seeds.Where(IsHostAndPort));
        var options = new ClusterOptions
        {
            Hostname = hostname,
            BindHostname = reader.Text("furiosa.cluster.bind-hostname") ?? (OwnAddress.IsLoopback(hostname) ? hostname : "0.0.0.0"),
            Port = port ?? DefaultPort,
            DataPort = reader.Integer("furiosa.cluster.data-port", 0, 65_535) ?? ((port ?? DefaultPort) == DefaultPort ? DefaultPort + 1 : 0),
            Tls = ReadTls(reader),
            NodeName = reader.Text("furiosa.cluster.node-name"),
            SeedNodes = seeds,
            BeatInterval = reader.Duration("furiosa.cluster.beat-interval") ?? TimeSpan.FromMilliseconds(500),
            SilenceTimeout = reader.Duration("furiosa.cluster.silence-timeout") ?? TimeSpan.FromSeconds(3),
            CapacityWait = reader.Duration("furiosa.cluster.capacity-wait") ?? TimeSpan.FromSeconds(60),
            DownAfter = reader.Duration("furiosa.cluster.down-after") ?? TimeSpan.FromSeconds(5),
            Resolver = ResolverSection.Read(reader),
        };
        if (options.BeatInterval <= TimeSpan.Zero) reader.Problem("furiosa.cluster.beat-interval", "must be longer than nothing");
        if (options.SilenceTimeout < options.BeatInterval * 2) reader.Problem("furiosa.cluster.silence-timeout", "must be at least twice furiosa.cluster.beat-interval");
        var isClustered = role != NodeRoles.All || port is not null || seeds.Count > 0;
        if (isClustered && options.Tls is null && !(OwnAddress.IsLoopback(options.Hostname) && OwnAddress.IsLoopback(options.BindHostname!)))
            reader.Problem("furiosa.cluster.hostname", $"(which is {options.Hostname} here) can be reached from other machines, so nodes must know each other by certificates: set furiosa.cluster.tls (--cluster-ca, --cluster-certificate, --cluster-key), or use 127.0.0.1");
        foreach (var key in (string[])["hostname", "bind-hostname", "node-name"]) CheckName(reader, "furiosa.cluster." + key);
        return isClustered ? options : null;
    }

    private static ClusterTls? ReadTls(SettingReader reader)
    {
        var files = ((string[])["ca", "certificate", "key"]).Select(name => (Key: "furiosa.cluster.tls." + name, File: reader.Text("furiosa.cluster.tls." + name))).ToList();
        if (files.TrueForAll(file => file.File is null)) return null;
        foreach (var (key, file) in files)
        {
            if (file is null) reader.Problem(key, "is missing: the authority, the certificate and the key are given together");
            else if (!File.Exists(file)) reader.Problem(key, "is no file; \"furiosa-llm cluster certificates\" makes it");
        }
        return new ClusterTls(files[0].File ?? "", files[1].File ?? "", files[2].File ?? "");
    }

    // These end up in addresses, paths and Akka's own settings.
    private static void CheckName(SettingReader reader, string key)
    {
        if (reader.Text(key) is { } name && !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':'))
            reader.Problem(key, "must be made of letters, digits, '-', '_', '.' and ':'");
    }

    private static string WithoutScheme(string seed) => seed.Contains('@', StringComparison.Ordinal) ? seed[(seed.LastIndexOf('@') + 1)..] : seed;

    private static bool IsHostAndPort(string seed)
    {
        var colon = seed.LastIndexOf(':');
        return colon > 0 && Uri.CheckHostName(seed[..colon]) != UriHostNameType.Unknown
            && int.TryParse(seed[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535;
    }
}
