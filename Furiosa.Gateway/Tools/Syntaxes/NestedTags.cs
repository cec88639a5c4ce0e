using System.Text;

namespace Furiosa.Gateway.Tools.Syntaxes;

/// <summary>Values written as tags within tags: <c>&lt;key&gt;value&lt;/key&gt;</c> for an object's members, <c>&lt;item&gt;</c> for a list's.</summary>
internal static class NestedTags
{
    private const int Deepest = 64;
    private const string Item = "item";

    /// <summary>The value as JSON; null where the text is no such tags.</summary>
    /// <param name="text">What stands between the value's own tags.</param>
    /// <param name="mark">Begins each tag.</param>
    /// <param name="types">The JSON types that the value may have.</param>
    public static string? ToJson(string text, string mark, IReadOnlyCollection<string> types)
    {
        var json = new StringBuilder();
        if (text.Trim().Length == 0 && (types.Contains("object") || types.Contains("array")))
            return types.Contains("object") ? "{}" : "[]";
        return text.TrimStart().StartsWith(mark, StringComparison.Ordinal) && Write(text, mark, json, 0) ? json.ToString() : null;
    }

    private static bool Write(string text, string mark, StringBuilder json, int depth)
    {
        if (!text.TrimStart().StartsWith(mark + "<", StringComparison.Ordinal))
        {
            var value = text.Trim();
            json.Append(value.Length > 0 && JsonValueScanner.IsValue(value) ? value : JsonString.Quote(text));
            return true;
        }

        if (depth == Deepest)
            return false;
        var at = 0;
        var first = true;
        bool isList = false;
        while (text.AsSpan(at).Trim().Length > 0)
        {
            if (ReadTag(text, mark, ref at) is not { } key || key.Length == 0 || ReadBody(text, mark, key, ref at) is not { } body || (!first && isList != (key == Item)))
                return false;
            isList = key == Item;
            json.Append(first ? isList ? "[" : "{" : ", ").Append(isList ? "" : JsonString.Quote(key) + ": ");
            first = false;
            if (!Write(body, mark, json, depth + 1))
                return false;
        }

        json.Append(isList ? ']' : '}');
        return true;
    }

    private static string? ReadTag(string text, string mark, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        var opening = mark + "<";
        if (string.CompareOrdinal(text, at, opening, 0, opening.Length) != 0)
            return null;
        var end = text.IndexOf('>', at + opening.Length);
        if (end < 0)
            return null;
        var key = text[(at + opening.Length)..end];
        at = end + 1;
        return key;
    }

    // What stands before the closing tag that belongs to the one that was read.
    private static string? ReadBody(string text, string mark, string key, ref int at)
    {
        var (opening, closing, from) = ($"{mark}<{key}>", $"{mark}</{key}>", at);
        for (var open = 1; ;)
        {
            var end = text.IndexOf(closing, at, StringComparison.Ordinal);
            if (end < 0)
                return null;
            var inner = text.IndexOf(opening, at, StringComparison.Ordinal);
            open += inner >= 0 && inner < end ? 1 : -1;
            at = inner >= 0 && inner < end ? inner + opening.Length : end + closing.Length;
            if (open == 0)
                return text[from..end];
        }
    }
}
