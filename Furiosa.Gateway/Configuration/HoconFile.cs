using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Furiosa.Gateway.Configuration;

/// <summary>
/// Reads a HOCON text into flat settings. Akka's parser has traps that would end the process: an include without a handler, and
/// substitutions that refer to themselves. The first gets a handler here, the second are refused in words.
/// </summary>
internal static class HoconFile
{
    private const int MostCharacters = 1024 * 1024;
    private const int MostIncludes = 8;
    private const int MostDepth = 64;

    /// <exception cref="ConfigurationException">It cannot be read or parsed.</exception>
    public static SettingsLayer Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--config {path}: {(File.Exists(path) ? "cannot be read" : "there is no such file")}; give the path of a HOCON file.");
        }
    }

    /// <exception cref="ConfigurationException">It is not HOCON.</exception>
    public static SettingsLayer Parse(string text, string origin, string? folder = null)
    {
        Check(text, origin);
        Config config;
        try
        {
            config = ConfigurationFactory.ParseString(text, path => Include(path, folder, origin, 0));
        }
        catch (Exception error) when (error is not ConfigurationException)
        {
            throw new ConfigurationException($"{origin}{Place(error.Message, text)}: not valid HOCON: {error.Message.Split('\n')[0].TrimEnd(' ', ':', '\r')}; one setting on each line is the safest form.");
        }
        var layer = new SettingsLayer();
        if (!config.IsEmpty) Flatten(config.Root, [], layer, origin);
        return layer;
    }

    private static HoconRoot Include(string path, string? folder, string origin, int depth)
    {
        var file = Path.Combine(folder ?? ".", path);
        if (depth >= MostIncludes) throw new ConfigurationException($"{origin}: include \"{path}\" is nested deeper than {MostIncludes} files.");
        if (!File.Exists(file)) throw new ConfigurationException($"{origin}: include \"{path}\": there is no such file beside it.");
        var text = File.ReadAllText(file);
        Check(text, file);
        return new HoconRoot(ConfigurationFactory.ParseString(text, next => Include(next, Path.GetDirectoryName(file), file, depth + 1)).Root);
    }

    private static void Check(string text, string origin)
    {
        if (text.Length > MostCharacters) throw new ConfigurationException($"{origin}: {text.Length} characters are more than the {MostCharacters} allowed.");
        var depth = 0;
        foreach (var (line, number) in text.Split('\n').Select((line, i) => (HoconLine.Bare(line), i + 1)))
        {
            if (line.Contains("${", StringComparison.Ordinal))
                throw new ConfigurationException($"{origin}, line {number}: substitutions (${{...}}) are not supported; write the value, or set the environment variable of the key.");
            depth += line.Count(character => character is '{' or '[') - line.Count(character => character is '}' or ']');
            if (depth > MostDepth) throw new ConfigurationException($"{origin}, line {number}: nested deeper than {MostDepth} levels.");
        }
        if (depth != 0) throw new ConfigurationException($"{origin}: {Math.Abs(depth)} bracket{(Math.Abs(depth) == 1 ? " is" : "s are")} not {(depth > 0 ? "closed" : "opened")}.");
    }

    private static string Place(string message, string text)
    {
        var digits = string.Concat(message.SkipWhile(character => !char.IsDigit(character)).TakeWhile(char.IsDigit));
        return int.TryParse(digits, out var position) && position <= text.Length ? $", line {text.AsSpan(0, position).Count('\n') + 1}" : "";
    }

    private static void Flatten(HoconValue value, string[] path, SettingsLayer layer, string origin)
    {
        if (value.IsObject())
        {
            foreach (var (name, child) in value.GetObject().Items) Flatten(child, [.. path, name], layer, origin);
        }
        else if (value.IsArray())
        {
            layer.Set(path, new Setting([.. value.GetArray().Select(item => item.GetString() ?? "")], IsList: true, origin));
        }
        else
        {
            layer.Set(path, new Setting([value.GetString() ?? ""], IsList: false, origin));
        }
    }
}
