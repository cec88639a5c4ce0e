using Furiosa.Gateway.Logging;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads <c>furiosa.log</c>.</summary>
internal static class LogSection
{
    private const string Level = "furiosa.log.level";
    private const string Levels = "furiosa.log.levels";

    public static LogOptions Read(SettingReader reader) => new()
    {
        Json = reader.OneOf("furiosa.log.format", "text", "json") == "json",
        Statistics = reader.Switch("furiosa.log.statistics"),
        Levels = new LogLevels(ReadLevel(reader, Level, reader.Text(Level) ?? "info"), reader.List(Levels).Select(one => ReadOwn(reader, one))),
    };

    private static (string Category, LogLevel Level) ReadOwn(SettingReader reader, string text)
    {
        var at = text.LastIndexOf('=');
        if (at > 0) return (text[..at].Trim(), ReadLevel(reader, Levels, text[(at + 1)..]));
        reader.Problem(Levels, "must be a list of CATEGORY=LEVEL such as [\"requests=warning\"]");
        return (text, LogLevel.Information);
    }

    private static LogLevel ReadLevel(SettingReader reader, string key, string text)
    {
        if (LevelNames.TryParse(text, out var level)) return level;
        reader.Problem(key, $"must be one of {LevelNames.All}");
        return LogLevel.Information;
    }
}
