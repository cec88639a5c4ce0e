namespace Furiosa.Gateway.Configuration;

/// <summary>The value of one key and where it was written.</summary>
/// <param name="Values">One text, or a list's.</param>
/// <param name="IsList">Whether it was written as a list.</param>
/// <param name="Origin">What to name in a complaint: a file, an environment variable or an option.</param>
internal sealed record Setting(IReadOnlyList<string> Values, bool IsList, string Origin)
{
    public string Text => IsList ? $"[{string.Join(", ", Values)}]" : Values[0];
}

/// <summary>Settings of one origin, or several laid over each other, by their dotted keys.</summary>
internal sealed class SettingsLayer
{
    private readonly Dictionary<string, (string[] Path, Setting Setting)> _settings = new(StringComparer.Ordinal);

    public IEnumerable<(string Key, string[] Path, Setting Setting)> All => _settings.Select(pair => (pair.Key, pair.Value.Path, pair.Value.Setting));

    public void Set(string[] path, Setting setting) => _settings[string.Join('.', path)] = (path, setting);

    public void Set(string key, string value, string origin) => Set(key.Split('.'), new Setting([value], IsList: false, origin));

    public Setting? Find(string key) => _settings.TryGetValue(key, out var found) ? found.Setting : null;

    /// <summary>Lays another layer's settings over these.</summary>
    public void Overlay(SettingsLayer stronger)
    {
        foreach (var (key, value) in stronger._settings) _settings[key] = value;
    }
}
