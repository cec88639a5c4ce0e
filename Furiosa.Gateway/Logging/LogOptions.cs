namespace Furiosa.Gateway.Logging;

/// <summary>What is logged, and how it is written.</summary>
internal sealed record LogOptions
{
    /// <summary>One JSON object a line instead of text.</summary>
    public bool Json { get; init; }

    public LogLevels Levels { get; init; } = new(LogLevel.Information, []);

    /// <summary>The line of statistics every ten seconds.</summary>
    public bool Statistics { get; init; } = true;
}

/// <summary>Least levels that are logged.</summary>
/// <param name="Default">Of everything that has none of its own.</param>
/// <param name="ByCategory">Of categories that begin so; the longest beginning counts.</param>
internal sealed record LogLevels(LogLevel Default, IReadOnlyDictionary<string, LogLevel> ByCategory)
{
    public LogLevels(LogLevel @default, IEnumerable<(string Category, LogLevel Level)> own)
        : this(@default, own.ToDictionary(one => one.Category, one => one.Level, StringComparer.OrdinalIgnoreCase))
    {
    }

    public bool Allows(string? category, LogLevel level)
    {
        var name = category ?? "";
        // What the framework says of its own work is of no interest to an operator below a warning.
        var least = name.StartsWith("Microsoft.", StringComparison.Ordinal) && Default < LogLevel.Warning ? LogLevel.Warning : Default;
        var longest = -1;
        foreach (var (beginning, own) in ByCategory)
        {
            if (beginning.Length > longest && name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) (longest, least) = (beginning.Length, own);
        }
        return level >= least;
    }
}
