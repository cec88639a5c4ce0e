using Furiosa.Gateway.Admin;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads <c>furiosa.admin</c>.</summary>
internal static class AdminSection
{
    private const string Host = "furiosa.admin.host";
    private const string Port = "furiosa.admin.port";
    private const string Key = "furiosa.admin.key";
    private const string KeyFile = "furiosa.admin.key-file";

    public static AdminOptions Read(SettingReader reader)
    {
        var isOff = reader.Text(Port) is "off" or "none" or "false";
        var options = new AdminOptions
        {
            Enabled = !isOff,
            Host = reader.Text(Host) ?? "127.0.0.1",
            Port = isOff ? null : reader.Integer(Port, 0, 65_535),
            Key = ReadKey(reader),
        };
        if (options is { Enabled: true, Key: null, IsLocal: false })
            reader.Problem(Host, "can be reached from other machines, so admins need a key: give --admin-key or furiosa.admin.key-file, or listen on 127.0.0.1");
        return options;
    }

    private static string? ReadKey(SettingReader reader)
    {
        var (key, file) = (reader.Text(Key), reader.Text(KeyFile));
        if (key is not null && file is not null) reader.Problem(KeyFile, $"stands beside {Key}: give one of them");
        return key ?? (file is null ? null : SecretFile.ReadLines(reader, KeyFile, file).FirstOrDefault());
    }
}
