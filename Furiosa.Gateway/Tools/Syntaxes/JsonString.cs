using System.Globalization;
using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Writes characters inside JSON strings; only what JSON demands is escaped.</summary>
internal static class JsonString
{
    /// <summary>The text as it stands between the quotes of a JSON string.</summary>
    public static string Escape(ReadOnlySpan<char> text)
    {
        var json = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' or '\\' => json.Append('\\').Append(character),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => json.Append(character),
            };
        }

        return json.ToString();
    }

    /// <summary>The text as a JSON string with its quotes.</summary>
    public static string Quote(string text) => $"\"{Escape(text)}\"";
}
