using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Furiosa.Tests.Support;

/// <summary>Damage to files, the same for the same seed.</summary>
internal static partial class FileMutations
{
    private static readonly string[] Absurd = ["-1", "0", "2147483647", "2147483648", "4294967296", "9223372036854775807", "1e308", "1e-320", "99999999999999999999999", "null", "\"x\"", "[]", "{}", "true"];

    /// <summary>A few changes: bytes, numbers far out, pieces taken out, doubled or cut off. Headers, being first, are hit more often.</summary>
    public static byte[] Bytes(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var change = random.Next(1, 4); change > 0 && bytes.Count > 16; change--)
        {
            var at = random.Next(random.Next(1, bytes.Count));
            var length = Math.Min(random.Next(1, 16), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                default:
                    for (var i = 0; i < length; i++) bytes[at + i] = 0xFF;
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Changes that leave most JSON well-formed: a number or a literal becomes another, a string another string of the file, a member's value something else.</summary>
    public static byte[] Json(string whole, Random random)
    {
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var places = (random.Next(3) == 0 ? Texts() : Values()).Matches(whole);
            if (places.Count == 0) break;
            var place = places[random.Next(places.Count)];
            var replacement = random.Next(5) switch
            {
                0 => places[random.Next(places.Count)].Value,
                1 => random.Next(100_000).ToString(CultureInfo.InvariantCulture),
                2 when place.Value.StartsWith('"') => "\"" + new string('a', random.Next(2000)) + "\"",
                _ => Absurd[random.Next(Absurd.Length)],
            };
            whole = string.Concat(whole.AsSpan(0, place.Index), replacement, whole.AsSpan(place.Index + place.Length));
        }

        return Encoding.UTF8.GetBytes(whole);
    }

    [GeneratedRegex("""(?<=[:\[,]\s*)(-?[0-9][0-9.eE+-]*|true|false|null|"(?:[^"\\]|\\.)*")""")]
    private static partial Regex Values();

    [GeneratedRegex(""""[^"\\]{0,60}"""")]
    private static partial Regex Texts();
}
