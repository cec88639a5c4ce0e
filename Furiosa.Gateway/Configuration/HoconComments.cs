namespace Furiosa.Gateway.Configuration;

/// <summary>Tells a line's settings from its comment.</summary>
internal static class HoconComments
{
    /// <summary>The line up to its comment; quoted text may hold the comment's signs.</summary>
    public static string Strip(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && (i == 0 || line[i - 1] != '\\')) quoted = !quoted;
            var begins = line[i] == '#' || (line[i] == '/' && i + 1 < line.Length && line[i + 1] == '/');
            if (!quoted && begins) return line[..i];
        }
        return line;
    }
}
