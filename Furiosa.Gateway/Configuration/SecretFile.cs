namespace Furiosa.Gateway.Configuration;

/// <summary>Reads secrets from files, so that they stand neither in the settings nor in the process list. They are never shown.</summary>
internal static class SecretFile
{
    private const long MostBytes = 1024 * 1024;

    /// <summary>The lines that are neither empty nor a comment (#); none, and a problem, when the file cannot be used.</summary>
    /// <param name="reader">Takes the problem.</param>
    /// <param name="key">The setting that names the file.</param>
    /// <param name="path">The file.</param>
    public static IReadOnlyList<string> ReadLines(SettingReader reader, string key, string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) throw new IOException("too large");
            var lines = File.ReadAllLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').ToList();
            if (lines.Count == 0) reader.Problem(key, "is a file without a key; write one on a line of its own");
            return lines;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            reader.Problem(key, File.Exists(path) ? "cannot be read; check its permissions and size" : "is no file; give the path of a file with a key on each line");
            return [];
        }
    }
}
