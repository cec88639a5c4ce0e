namespace Furiosa.Gateway.Logging;

/// <summary>Levels in the words of the settings.</summary>
internal static class LevelNames
{
    private static readonly (string Name, LogLevel Level)[] Names =
    [
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning),
        ("error", LogLevel.Error), ("off", LogLevel.None),
    ];

    public static string All => string.Join(", ", Names.Select(one => one.Name));

    public static string Of(LogLevel level) => level switch
    {
        LogLevel.Warning => "warn",
        LogLevel.Critical => "fatal",
        _ => Names.First(one => one.Level == level).Name,
    };

    public static bool TryParse(string text, out LogLevel level)
    {
        var found = Names.FirstOrDefault(one => one.Name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
        level = found.Level;
        return found.Name is not null;
    }
}
