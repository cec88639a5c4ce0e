using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Jinja's filters on texts.</summary>
internal static class TextFilters
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(2);

    /// <summary>The filters by name.</summary>
    public static IEnumerable<KeyValuePair<string, JinjaFilter>> All { get; } = new Dictionary<string, JinjaFilter>(StringComparer.Ordinal)
    {
        ["capitalize"] = Simple(Capitalize),
        ["lower"] = Simple(text => text.ToLowerInvariant()),
        ["upper"] = Simple(text => text.ToUpperInvariant()),
        ["title"] = Simple(Title),
        ["trim"] = (input, arguments, context) => Like(input, TextMethods.Strip(input.Text(context.Budget), arguments.Find(0, "chars"), true, true)),
        ["string"] = (input, _, context) => input as TextValue ?? new TextValue(input.Text(context.Budget)),
        ["safe"] = (input, _, context) => new TextValue(input.Text(context.Budget), isSafe: true),
        ["escape"] = Escape,
        ["e"] = Escape,
        ["forceescape"] = (input, _, context) => new TextValue(EscapeHtml(input.Text(context.Budget)), isSafe: true),
        ["striptags"] = Simple(text => Regex.Replace(Regex.Replace(text, "<!--.*?-->|<[^>]*>", "", RegexOptions.Singleline, RegexLimit), @"\s+", " ", RegexOptions.None, RegexLimit).Trim()),
        ["replace"] = Replace,
        ["indent"] = Indent,
        ["center"] = (input, arguments, context) => Center(input.Text(context.Budget), arguments, context),
        ["truncate"] = (input, arguments, context) => Truncate(input.Text(context.Budget), arguments, context),
        ["wordcount"] = (input, _, context) => new IntegerValue(Regex.Count(input.Text(context.Budget), @"\w+", RegexOptions.None, RegexLimit)),
        ["format"] = (input, arguments, context) => new TextValue(TextFormat.Percent(
            input.Text(context.Budget),
            arguments.Named.Count == 0
                ? new ListValue(arguments.Positional, isTuple: true)
                : new MappingValue(arguments.Named.Select(argument => KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(argument.Key), argument.Value))),
            context)),
        ["urlencode"] = UrlEncode,
        ["filesizeformat"] = FileSize,
    };

    /// <summary>The first character in upper case, all others in lower case.</summary>
    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>What MarkupSafe makes of HTML's special characters.</summary>
    public static string EscapeHtml(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);

    private static JinjaFilter Simple(Func<string, string> change) => (input, _, context) =>
    {
        var text = input.Text(context.Budget);
        context.Budget.SpendText(text.Length);
        return Like(input, change(text));
    };

    private static TextValue Like(JinjaValue input, string text) => new(text, input is TextValue { IsSafe: true });

    private static TextValue Escape(JinjaValue input, CallArguments arguments, JinjaContext context) =>
        input is TextValue { IsSafe: true } safe ? safe : new TextValue(EscapeHtml(input.Text(context.Budget)), isSafe: true);

    // Jinja's title, unlike the method, ends words at white space, hyphens and opening brackets only.
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var character in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character));
            inWord = !char.IsWhiteSpace(character) && character is not ('-' or '(' or '{' or '[' or '<');
        }

        return result.ToString();
    }

    private static TextValue Replace(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var old = arguments.Require(0, "old", "replace").Text(context.Budget);
        var replacement = arguments.Require(1, "new", "replace").Text(context.Budget);
        return Like(input, TextMethods.Replace(input.Text(context.Budget), old, replacement, arguments.Find(2, "count"), context));
    }

    private static TextValue Indent(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var width = arguments.Find(0, "width");
        var prefix = width is TextValue text ? text.Value : new string(' ', Math.Clamp(width == null ? 4 : JinjaValues.ToIndex(width), 0, 1000));
        var first = arguments.Find(1, "first")?.Truth ?? false;
        var blank = arguments.Find(2, "blank")?.Truth ?? false;
        var lines = input.Text(context.Budget).Split('\n');
        context.Budget.SpendText(input.Text(context.Budget).Length + ((long)lines.Length * prefix.Length));
        for (var i = first ? 0 : 1; i < lines.Length; i++)
            lines[i] = lines[i].Length > 0 || blank || (i == 0 && first) ? prefix + lines[i] : lines[i];
        return Like(input, string.Join('\n', lines));
    }

    private static TextValue Center(string text, CallArguments arguments, JinjaContext context)
    {
        var width = arguments.Find(0, "width") is { } given ? JinjaValues.ToIndex(given) : 80;
        context.Budget.SpendText(Math.Max(width, text.Length));
        var missing = Math.Max(0, width - text.Length);
        return new TextValue(new string(' ', missing / 2) + text + new string(' ', missing - (missing / 2)));
    }

    private static TextValue Truncate(string text, CallArguments arguments, JinjaContext context)
    {
        var length = arguments.Find(0, "length") is { } given ? JinjaValues.ToIndex(given) : 255;
        var killWords = arguments.Find(1, "killwords")?.Truth ?? false;
        var end = arguments.Find(2, "end")?.Text(context.Budget) ?? "...";
        var leeway = arguments.Find(3, "leeway") is { } some ? JinjaValues.ToIndex(some) : 5;
        if (text.Length <= (long)length + leeway)
            return new TextValue(text);
        if (length < end.Length)
            throw new ChatTemplateException($"expected length >= {end.Length}, got {length}");
        var kept = text[..(length - end.Length)];
        if (!killWords && kept.LastIndexOf(' ') is var space and >= 0)
            kept = kept[..space];
        return new TextValue(kept + end);
    }

    private static TextValue UrlEncode(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is not MappingValue mapping)
            return new TextValue(Quote(input.Text(context.Budget), "/"));
        return new TextValue(string.Join('&', mapping.Entries.Select(entry => $"{Quote(entry.Key.Text(context.Budget), "")}={Quote(entry.Value.Text(context.Budget), "")}")));
    }

    private static TextValue FileSize(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var bytes = input is NumericValue number ? number.Real
            : double.TryParse(input.Text(context.Budget).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : throw new ChatTemplateException($"could not convert string to float: {PythonText.Repr(input, context.Budget)}");
        var isBinary = arguments.Find(0, "binary")?.Truth ?? false;
        var (step, names) = isBinary ? (1024.0, "KiB MiB GiB TiB PiB EiB ZiB YiB") : (1000.0, "kB MB GB TB PB EB ZB YB");
        if (bytes == 1)
            return new TextValue("1 Byte");
        if (bytes < step)
            return new TextValue(string.Create(CultureInfo.InvariantCulture, $"{Math.Truncate(bytes):F0} Bytes"));
        var units = names.Split(' ');
        var at = 0;
        while (bytes / step >= step && at < units.Length - 1)
            (bytes, at) = (bytes / step, at + 1);
        return new TextValue(string.Create(CultureInfo.InvariantCulture, $"{bytes / step:F1} {units[at]}"));
    }

    private static string Quote(string text, string safe) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value =>
        char.IsAsciiLetterOrDigit((char)value) || "_.-~".Contains((char)value) || safe.Contains((char)value)
            ? ((char)value).ToString()
            : "%" + value.ToString("X2", CultureInfo.InvariantCulture)));
}
