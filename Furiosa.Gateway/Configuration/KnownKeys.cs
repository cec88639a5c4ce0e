namespace Furiosa.Gateway.Configuration;

/// <summary>The settings that there are, and what is known of them besides their values.</summary>
internal static class KnownKeys
{
    private const int MostEdits = 3;

    private static readonly string[] Secret = ["furiosa.http.api-keys", "furiosa.admin.key", "furiosa.http.tls.key-password"];

    private static readonly string[] Changeable =
    [
        "furiosa.limits.", "furiosa.routing.", "furiosa.log.level", "furiosa.log.levels", "furiosa.http.api-keys", "furiosa.http.api-key-file", "furiosa.default-chat-template-kwargs",
    ];

    /// <summary>Whether the value is never shown.</summary>
    public static bool IsSecret(string key) => Secret.Contains(key);

    /// <summary>Whether a change takes effect while the server runs.</summary>
    public static bool IsChangeable(string key) => Changeable.Any(known => known.EndsWith('.') ? key.StartsWith(known, StringComparison.Ordinal) : key == known);

    /// <summary>What was probably meant by a key that there is not: a few letters off, in another section, or a whole section.</summary>
    public static string? Nearest(string key, IReadOnlyCollection<string> known)
    {
        var last = key[(key.LastIndexOf('.') + 1)..];
        var close = known.Select(candidate => (candidate, Edits: Edits(key, candidate))).MinBy(pair => pair.Edits);
        if (close.Edits <= Math.Min(MostEdits, key.Length / 4)) return close.candidate;
        return known.FirstOrDefault(candidate => candidate.EndsWith("." + last, StringComparison.Ordinal))
            ?? known.FirstOrDefault(candidate => candidate.StartsWith(key + ".", StringComparison.Ordinal))
            ?? known.Select(candidate => (candidate, Edits: Edits(last, candidate[(candidate.LastIndexOf('.') + 1)..]))).Where(pair => pair.Edits <= Math.Min(MostEdits, last.Length / 3)).OrderBy(pair => pair.Edits).Select(pair => pair.candidate).FirstOrDefault();
    }

    // Letters put in, left out, changed or swapped.
    private static int Edits(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var change = from[i - 1] == to[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[from.Length, to.Length];
    }
}
