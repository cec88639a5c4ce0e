namespace Furiosa.Gateway.Configuration;

/// <summary>Tells a line's structure from its comment and its quoted texts.</summary>
internal static class HoconLine
{
    /// <summary>The line up to its comment, with quoted texts emptied.</summary>
    public static string Bare(string line)
    {
        var bare = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var isQuote = line[i] == '"' && (i == 0 || line[i - 1] != '\\');
            if (isQuote) quoted = !quoted;
            if (quoted && !isQuote) continue;
            if (line[i] == '#' || (line[i] == '/' && i + 1 < line.Length && line[i + 1] == '/')) break;
            bare.Append(line[i]);
        }
        return bare.ToString();
    }
}
