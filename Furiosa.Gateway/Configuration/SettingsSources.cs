using System.Collections;
using System.Reflection;

namespace Furiosa.Gateway.Configuration;

/// <summary>Where settings come from, so that they can be read again while the server runs.</summary>
/// <param name="ConfigFile">The admin's file; null for none.</param>
/// <param name="Environment">The process's environment.</param>
/// <param name="CommandLine">What the options set.</param>
internal sealed record SettingsSources(string? ConfigFile, IDictionary Environment, SettingsLayer CommandLine)
{
    private const string Root = "furiosa.";

    /// <summary>All layers over each other: reference, role, file, environment, command line; with every key that there is not.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or parsed.</exception>
    public MergedSettings Merge()
    {
        var merged = ReadBuiltIn("reference.conf");
        var known = merged.All.Select(setting => setting.Key).Where(key => key.StartsWith(Root, StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var own = new SettingsLayer();
        var unknown = new List<string>();
        if (ConfigFile is not null)
        {
            var file = HoconFile.Read(ConfigFile);
            unknown.AddRange(
                from setting in file.All
                where !setting.Key.StartsWith("akka.", StringComparison.Ordinal) && !known.Contains(setting.Key)
                select $"{setting.Setting.Origin}: {setting.Key}: there is no such setting{Suggest(setting.Key, known)}");
            own.Overlay(file);
        }
        own.Overlay(EnvironmentLayer.Read(Environment, known));
        own.Overlay(CommandLine);
        merged.Overlay(ReadBuiltIn((own.Find("furiosa.role") ?? merged.Find("furiosa.role"))!.Text switch
        {
            "gateway" => "gateway.conf",
            "device" => "device.conf",
            _ => "single-node.conf",
        }));
        merged.Overlay(own);
        return new MergedSettings(merged, unknown, known) { UnknownVariables = EnvironmentLayer.Unknown(Environment, known) };
    }

    private static string Suggest(string key, HashSet<string> known) =>
        KnownKeys.Nearest(key, known) is { } nearest ? $"; did you mean {nearest}?" : "; hocon/reference.conf lists them all";

    private static SettingsLayer ReadBuiltIn(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("hocon." + name)!;
        using var reader = new StreamReader(stream);
        return HoconFile.Parse(reader.ReadToEnd(), "hocon/" + name);
    }
}

/// <summary>The layers over each other.</summary>
/// <param name="Settings">The values that hold, with their origins.</param>
/// <param name="Unknown">A line for each key that there is not.</param>
/// <param name="Known">The keys that there are.</param>
internal sealed record MergedSettings(SettingsLayer Settings, IReadOnlyList<string> Unknown, IReadOnlyCollection<string> Known)
{
    /// <summary>A line for each environment variable that looks like a setting and is none; it may be another program's.</summary>
    public IReadOnlyList<string> UnknownVariables { get; init; } = [];
}
