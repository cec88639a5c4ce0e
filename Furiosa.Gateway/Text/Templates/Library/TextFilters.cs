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
        ["upper"] = Simple(Casing.Upper),
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
        ["truncate"] = Truncate,
        ["wordcount"] = (input, _, context) => new IntegerValue(Regex.Count(input.Text(context.Budget), @"\w+", RegexOptions.None, RegexLimit)),
        ["format"] = Format,
        ["urlencode"] = UrlEncode,
        ["wordwrap"] = TextWrap.Filter,
        ["xmlattr"] = XmlAttributes,
        ["filesizeformat"] = FileSize,
    };

    private static TextValue Format(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (arguments.Positional.Count > 0 && arguments.Named.Count > 0)
            throw new ChatTemplateException("can't handle positional and keyword arguments at the same time");
        JinjaValue values = arguments.Named.Count == 0
            ? new ListValue(arguments.Positional, isTuple: true)
            : new MappingValue(arguments.Named.Select(argument => KeyValuePair.Create<JinjaValue, JinjaValue>(new TextValue(argument.Key), argument.Value)));
        return PercentFormat.Apply(input as TextValue ?? new TextValue(input.Text(context.Budget)), values, context);
    }

    private static TextValue XmlAttributes(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is not MappingValue mapping)
            throw new ChatTemplateException($"'{input.TypeName}' object has no attribute 'items'");
        var written = new List<string>();
        foreach (var (key, value) in mapping.Entries)
        {
            if (value is NoneValue or UndefinedValue)
                continue;
            var name = key.Text(context.Budget);
            if (name.Any(character => char.IsWhiteSpace(character) || character is '/' or '>' or '='))
                throw new ChatTemplateException($"Invalid character in attribute name: {PythonText.Repr(key, context.Budget)}");
            written.Add($"{Escaped(key, context)}=\"{Escaped(value, context)}\"");
        }

        var text = string.Join(' ', written);
        return new TextValue(text.Length > 0 && (arguments.Find(0, "autospace")?.Truth ?? true) ? " " + text : text);
    }

    private static string Escaped(JinjaValue value, JinjaContext context) =>
        value is TextValue { IsSafe: true } safe ? safe.Value : EscapeHtml(value.Text(context.Budget));

    /// <summary>The first character in upper case, all others in lower case.</summary>
    public static string Capitalize(string text) => text.Length == 0 ? text : Casing.Title(text[0]) + text[1..].ToLowerInvariant();

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
            result.Append(inWord ? char.ToLowerInvariant(character).ToString() : Casing.Upper(character));
            inWord = !PythonSpace.Is(character) && character is not ('-' or '(' or '{' or '[' or '<');
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
        if (input is not TextValue)
            throw input is UndefinedValue undefined ? undefined.Error() : new ChatTemplateException($"'{input.TypeName}' object has no attribute 'splitlines'");
        var first = arguments.Find(1, "first")?.Truth ?? false;
        var blank = arguments.Find(2, "blank")?.Truth ?? false;
        var prefix = Indentation(arguments.Find(0, "width"), context);
        // The line end at the end is Jinja's own trick: it keeps a last line that is empty.
        var lines = TextSplitting.Lines(input.Text(context.Budget) + "\n", keepEnds: false);
        context.Budget.SpendText(input.Text(context.Budget).Length + ((long)lines.Count * prefix.Length));
        for (var i = 0; i < lines.Count; i++)
            lines[i] = i == 0 ? (first ? prefix + lines[i] : lines[i]) : lines[i].Length > 0 || blank ? prefix + lines[i] : lines[i];
        return Like(input, string.Join('\n', lines));
    }

    private static string Indentation(JinjaValue? width, JinjaContext context)
    {
        if (width is TextValue text)
            return text.Value;
        var count = width == null ? 4 : Math.Max(0, JinjaValues.ToIndex(width));
        context.Budget.SpendText(count);
        return new string(' ', count);
    }

    private static TextValue Center(string text, CallArguments arguments, JinjaContext context)
    {
        var width = arguments.Find(0, "width") is { } given ? JinjaValues.ToIndex(given) : 80;
        context.Budget.SpendText(Math.Max(width, text.Length));
        var missing = Math.Max(0, width - new TextValue(text).Length!.Value);
        var left = (missing / 2) + (missing & width & 1);
        return new TextValue(new string(' ', left) + text + new string(' ', missing - left));
    }

    private static JinjaValue Truncate(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var length = arguments.Find(0, "length") is { } given ? JinjaValues.ToIndex(given) : 255;
        var killWords = arguments.Find(1, "killwords")?.Truth ?? false;
        var end = arguments.Find(2, "end")?.Text(context.Budget) ?? "...";
        var leeway = arguments.Find(3, "leeway") is { } some ? JinjaValues.ToIndex(some) : 5;
        var endLength = new TextValue(end).Length!.Value;
        if (length < endLength)
            throw new ChatTemplateException($"expected length >= {endLength}, got {length}");
        if (leeway < 0)
            throw new ChatTemplateException($"expected leeway >= 0, got {leeway}");
        if (input.Length is not { } count)
            throw new ChatTemplateException($"object of type '{input.TypeName}' has no len()");
        if (count <= (long)length + leeway)
            return input;
        if (input is not TextValue value)
            throw new ChatTemplateException($"'{input.TypeName}' object can't be truncated: it is no text");
        var kept = value.Slice(0, length - endLength);
        if (!killWords && kept.LastIndexOf(' ') is var space and >= 0)
            kept = kept[..space];
        return new TextValue(kept + end);
    }

    private static TextValue UrlEncode(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is TextValue || input.Elements() is not { } elements)
            return new TextValue(Quote(input.Text(context.Budget), "/"));
        var pairs = input is MappingValue mapping ? mapping.Pairs().Values : elements;
        return new TextValue(string.Join('&', pairs.Select(pair => SequenceFilters.Collect(pair, context) is [var key, var value]
            ? $"{Plus(key)}={Plus(value)}"
            : throw new ChatTemplateException("urlencode takes pairs"))));

        string Plus(JinjaValue value) => Quote(value.Text(context.Budget), "").Replace("%20", "+", StringComparison.Ordinal);
    }

    private static TextValue FileSize(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        var bytes = input is NumericValue number ? number.Real
            : input is TextValue text && PythonNumbers.Real(text.Value) is { } parsed ? parsed
            : throw new ChatTemplateException($"could not convert string to float: {PythonText.Repr(input, context.Budget)}");
        var isBinary = arguments.Find(0, "binary")?.Truth ?? false;
        var (step, names) = isBinary ? (1024.0, "KiB MiB GiB TiB PiB EiB ZiB YiB") : (1000.0, "kB MB GB TB PB EB ZB YB");
        if (bytes == 1)
            return new TextValue("1 Byte");
        if (bytes < step)
            return new TextValue(string.Create(CultureInfo.InvariantCulture, $"{Math.Truncate(bytes) + 0.0:F0} Bytes"));
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
