using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads typed values and gathers every problem, so that the admin sees all of them at once.</summary>
internal sealed class SettingReader(SettingsLayer settings)
{
    private const string Auto = "auto";
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Whether a key has a value anywhere.</summary>
    public bool Has(string key) => settings.Find(key) is not null;

    /// <summary>A text; null for <c>auto</c> and for nothing.</summary>
    public string? Text(string key)
    {
        var setting = settings.Find(key)!;
        if (setting.IsList) Problem(key, setting, "must be one text and not a list");
        return setting.IsList || setting.Text is "" or Auto ? null : setting.Text;
    }

    public string OneOf(string key, params string[] words)
    {
        var setting = settings.Find(key)!;
        if (!words.Contains(setting.Text)) Problem(key, setting, $"must be one of {string.Join(", ", words)}");
        return setting.Text;
    }

    public int? Integer(string key, int least, int most)
    {
        if (Find(key) is not { } setting || setting.Text == Auto) return null;
        if (int.TryParse(setting.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        Problem(key, setting, $"must be an integer from {least} to {most}");
        return null;
    }

    public double? Number(string key, double least, double most)
    {
        if (Find(key) is not { } setting || setting.Text == Auto) return null;
        if (double.TryParse(setting.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        Problem(key, setting, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));
        return null;
    }

    public bool Switch(string key)
    {
        var setting = settings.Find(key)!;
        switch (setting.Text.ToLowerInvariant())
        {
            case "on" or "true" or "yes": return true;
            case "off" or "false" or "no": return false;
            default:
                Problem(key, setting, "must be on or off");
                return false;
        }
    }

    public long? Size(string key)
    {
        if (Find(key) is not { } setting || setting.Text == Auto) return null;
        if (ByteSize.TryParse(setting.Text, out var bytes)) return bytes;
        Problem(key, setting, "must be a size such as 10 MiB or 2 GiB");
        return null;
    }

    public TimeSpan? Duration(string key)
    {
        var setting = settings.Find(key)!;
        if (Durations.TryParse(setting.Text, out var time)) return time;
        Problem(key, setting, "must be a time such as 30 s or 5 min");
        return null;
    }

    /// <summary>A list; from the environment and the command line a JSON list, or one value as it is.</summary>
    public IReadOnlyList<string> List(string key)
    {
        var setting = settings.Find(key)!;
        if (setting.IsList) return setting.Values;
        if (!setting.Text.TrimStart().StartsWith('[')) return setting.Text.Length == 0 ? [] : [setting.Text];
        try
        {
            return JsonConvert.DeserializeObject<string[]>(setting.Text) ?? [];
        }
        catch (JsonException)
        {
            Problem(key, setting, "must be a JSON list of strings such as [\"https://example.com\"]");
            return [];
        }
    }

    /// <summary>A JSON object written as text; null for nothing.</summary>
    public JObject? JsonObject(string key)
    {
        if (Text(key) is not { } text) return null;
        try
        {
            using var json = new JsonTextReader(new StringReader(text)) { MaxDepth = 64, DateParseHandling = DateParseHandling.None };
            return JObject.Load(json);
        }
        catch (JsonException)
        {
            Problem(key, Find(key)!, "must be a JSON object such as {\"enable_thinking\": false}");
            return null;
        }
    }

    /// <summary>A time; null for <c>auto</c>.</summary>
    public TimeSpan? MaybeDuration(string key) => Find(key)?.Text is Auto ? null : Duration(key);

    public void Problem(string key, string right, bool showValue = true)
    {
        var setting = Find(key)!;
        if (showValue && !KnownKeys.IsSecret(key)) Problem(key, setting, right);
        else _problems.Add($"{setting.Origin}: {key}: {right}");
    }

    public void Problem(string key, Setting setting, string right)
    {
        var place = setting.Origin.StartsWith('-') || setting.Origin == EnvironmentLayer.NameOf(key) ? setting.Origin : $"{setting.Origin}: {key}";
        _problems.Add($"{place}: '{setting.Text}' {right}");
    }

    private Setting? Find(string key) => settings.Find(key);
}
