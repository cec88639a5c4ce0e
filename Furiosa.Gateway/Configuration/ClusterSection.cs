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
        var seeds = reader.List(Seeds).SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(WithoutScheme).ToList();
        foreach (var wrong in seeds.Where(seed => !IsHostAndPort(seed)))
            reader.Problem(Seeds, $"has '{wrong}', but each must be a host and a port such as 10.0.0.1:{DefaultPort}");
        var options = new ClusterOptions
        {
            Hostname = reader.Text("furiosa.cluster.hostname") ?? "127.0.0.1",
            BindHostname = reader.Text("furiosa.cluster.bind-hostname"),
            Port = port ?? DefaultPort,
            NodeName = reader.Text("furiosa.cluster.node-name"),
            SeedNodes = seeds,
            BeatInterval = reader.Duration("furiosa.cluster.beat-interval") ?? TimeSpan.FromMilliseconds(500),
            SilenceTimeout = reader.Duration("furiosa.cluster.silence-timeout") ?? TimeSpan.FromSeconds(3),
            CapacityWait = reader.Duration("furiosa.cluster.capacity-wait") ?? TimeSpan.FromSeconds(30),
            DownAfter = reader.Duration("furiosa.cluster.down-after") ?? TimeSpan.FromSeconds(5),
        };
        if (options.BeatInterval <= TimeSpan.Zero) reader.Problem("furiosa.cluster.beat-interval", "must be longer than nothing");
        if (options.SilenceTimeout < options.BeatInterval * 2) reader.Problem("furiosa.cluster.silence-timeout", "must be at least twice furiosa.cluster.beat-interval");
        foreach (var key in (string[])["hostname", "bind-hostname", "node-name"]) CheckName(reader, "furiosa.cluster." + key);
        return role == NodeRoles.All && port is null && seeds.Count == 0 ? null : options;
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
