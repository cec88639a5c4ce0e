using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Furiosa.Gateway.Limits;

/// <summary>A key that clients may show.</summary>
/// <param name="Name">What it is called in the log and in the console; the key itself is never shown.</param>
/// <param name="Secret">The key.</param>
/// <param name="Own">Its own limits; null values are those of all keys.</param>
/// <param name="Weight">Its share of a busy server, beside those of others.</param>
internal sealed record ClientKey(string Name, string Secret, KeyLimits Own, double Weight)
{
    /// <summary>
    /// Whose that is what a server keeps for a client, alike at every gateway: the name that the key was given, so that another key may take
    /// its place, or else a digest of it, since <c>key-1</c> is the name of whichever key stands first at a gateway.
    /// </summary>
    public string Owner { get; private init; } = "key " + DigestOf(Secret); // no given name has a blank

    /// <summary>A key without anything of its own.</summary>
    public static ClientKey Plain(string secret, int number) => new($"key-{number}", secret, new KeyLimits(null, null, null), 1);

    /// <summary>
    /// A line of a key file: <c>KEY [name=NAME] [requests-per-minute=N] [tokens-per-minute=N] [concurrent-requests=N] [weight=N]</c>.
    /// </summary>
    /// <returns>What is wrong with it, without the key; null for nothing.</returns>
    public static string? TryParse(string line, int number, out ClientKey key)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        key = Plain(words[0], number);
        foreach (var word in words.Skip(1))
        {
            var (name, value) = word.Split('=', 2) is [var left, var right] ? (left, right) : (word, "");
            switch (name)
            {
                case "name" when value.Length > 0: key = key with { Name = value, Owner = value }; break;
                case "requests-per-minute" when Count(value) is { } count: key = key with { Own = key.Own with { RequestsPerMinute = count } }; break;
                case "tokens-per-minute" when Count(value) is { } count: key = key with { Own = key.Own with { TokensPerMinute = count } }; break;
                case "concurrent-requests" when Count(value) is { } count: key = key with { Own = key.Own with { Concurrent = count } }; break;
                case "weight" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && weight is > 0 and <= 1000: key = key with { Weight = weight }; break;
                default: return $"'{name}=' is not understood; after the key may stand name, requests-per-minute, tokens-per-minute, concurrent-requests (integers from 1) and weight";
            }
        }
        return null;
    }

    // Not what the key ring compares: this one is told to other nodes.
    private static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("owner " + secret)));

    private static int? Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : null;
}
