using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Furiosa.Gateway.Configuration;

/// <summary>
/// Reads the settings again when the file (or a file of keys) changes and on SIGHUP. What can change while the server runs does; what
/// cannot is named; a file with anything wrong is refused whole, and what was in force stays.
/// </summary>
internal sealed partial class ConfigurationReload : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly SettingsSources _sources;
    private readonly ILogger _log;
    private readonly Action<FuriosaSettings> _apply;
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration _signal;
    private readonly ITimer? _timer;
    private SettingsLayer _inForce;
    private string _content;

    /// <param name="sources">Where the settings come from.</param>
    /// <param name="loggers">Where the differences go.</param>
    /// <param name="apply">Puts new settings into force.</param>
    /// <param name="clock">Paces the look at the files.</param>
    public ConfigurationReload(SettingsSources sources, ILoggerFactory loggers, Action<FuriosaSettings> apply, TimeProvider clock)
    {
        (_sources, _log, _apply) = (sources, loggers.CreateLogger("configuration"), apply);
        _inForce = sources.Merge().Settings;
        _content = Content();
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Reload("SIGHUP");
        });
        // Files are looked at rather than watched: mounted ones are replaced in ways of which watchers are not told.
        if (sources.ConfigFile is not null || Files().Any()) _timer = clock.CreateTimer(_ => Look(), null, Pace, Pace);
    }

    /// <summary>Reads the settings again now.</summary>
    /// <param name="cause">Why, for the log.</param>
    /// <returns>Whether they were accepted.</returns>
    public bool Reload(string cause)
    {
        lock (_lock)
        {
            _content = Content();
            try
            {
                var merged = _sources.Merge();
                // The model is not looked for again: it stays what it is, and the hub has no say in what is accepted.
                var settings = SettingsLoader.Read(merged);
                var changed = Differences(merged.Settings).ToList();
                _apply(settings);
                foreach (var (key, before, after) in changed)
                {
                    if (KnownKeys.IsChangeable(key)) LogChange(_log, key, before, after);
                    else LogFixed(_log, key, before, after);
                }
                if (changed.Count == 0) LogSame(_log, cause);
                _inForce = merged.Settings;
                return true;
            }
            catch (Exception wrong)
            {
                // Whatever it is, a server goes on with what it has.
                LogRefused(_log, cause, (wrong is ConfigurationException ? wrong.Message : wrong.ToString()).ReplaceLineEndings(" | "));
                return false;
            }
        }
    }

    public void Dispose()
    {
        _signal.Dispose();
        _timer?.Dispose();
    }

    private void Look()
    {
        if (Content() != _content) Reload("a changed file");
    }

    private IEnumerable<(string Key, string Before, string After)> Differences(SettingsLayer now) =>
        from setting in now.All
        let before = _inForce.Find(setting.Key)
        where before is null || before.Text != setting.Setting.Text
        orderby setting.Key
        select KnownKeys.IsSecret(setting.Key) ? (setting.Key, "(hidden)", "(hidden)") : (setting.Key, before?.Text ?? "", setting.Setting.Text);

    private IEnumerable<string> Files() => new[] { "furiosa.http.api-key-file", "furiosa.admin.key-file" }.Select(key => _inForce.Find(key)?.Text ?? "").Where(file => file.Length > 0);

    // A digest of all files; what cannot be read counts as it is, and is complained of when it is loaded.
    private string Content()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files().Prepend(_sources.ConfigFile ?? ""))
        {
            try
            {
                if (file.Length > 0) digest.AppendData(File.ReadAllBytes(file));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                digest.AppendData("unreadable"u8);
            }
            digest.AppendData([0]);
        }
        return Convert.ToHexString(digest.GetHashAndReset());
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Key} changed from '{Before}' to '{After}'.")]
    private static partial void LogChange(ILogger log, string key, string before, string after);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Key} cannot change while serving: '{Before}' stays until a restart, which will take '{After}'.")]
    private static partial void LogFixed(ILogger log, string key, string before, string after);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Read again after {Cause}: no setting has another value; files of keys were read anew.")]
    private static partial void LogSame(ILogger log, string cause);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "The settings read after {Cause} are refused and those in force stay: {Problems}")]
    private static partial void LogRefused(ILogger log, string cause, string problems);
}
