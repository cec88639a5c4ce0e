using Furiosa.Gateway.Limits;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads <c>furiosa.limits</c> and the keys of clients.</summary>
internal static class LimitSection
{
    private const string Keys = "furiosa.http.api-keys";
    private const string KeyFile = "furiosa.http.api-key-file";

    public static LimitOptions Read(SettingReader reader) => new()
    {
        PerKey = new KeyLimits(
            reader.Integer("furiosa.limits.requests-per-minute", 1, int.MaxValue),
            reader.Integer("furiosa.limits.tokens-per-minute", 1, int.MaxValue),
            reader.Integer("furiosa.limits.concurrent-requests", 1, int.MaxValue)),
        MaxQueuedTokens = reader.Integer("furiosa.limits.max-queued-tokens", 1, int.MaxValue),
        MaxPredictedWait = reader.MaybeDuration("furiosa.limits.max-predicted-wait"),
        RequestTimeout = reader.MaybeDuration("furiosa.limits.request-timeout"),
    };

    /// <summary>Keys of the list and of the file together.</summary>
    public static IReadOnlyList<ClientKey> ReadKeys(SettingReader reader)
    {
        var listed = reader.List(Keys);
        if (listed.Any(string.IsNullOrWhiteSpace)) reader.Problem(Keys, "a key is empty; give each at least one character", showValue: false);
        var keys = listed.Select((secret, index) => ClientKey.Plain(secret, index + 1)).ToList();
        if (reader.Text(KeyFile) is { } file)
        {
            foreach (var line in SecretFile.ReadLines(reader, KeyFile, file))
            {
                if (ClientKey.TryParse(line, keys.Count + 1, out var key) is { } problem) reader.Problem(KeyFile, $", key {keys.Count + 1 - listed.Count}: {problem}");
                keys.Add(key);
            }
        }
        if (keys.GroupBy(key => key.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) reader.Problem(KeyFile, $"names two keys '{twice.Key}'; give each a name of its own");
        if (keys.GroupBy(key => key.Secret).Any(group => group.Count() > 1)) reader.Problem(Keys, "a key stands there twice; leave one out", showValue: false);
        return keys;
    }
}
