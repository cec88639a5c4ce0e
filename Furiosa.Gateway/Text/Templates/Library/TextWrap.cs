using System.Text;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Jinja's <c>wordwrap</c>: lines broken between words, after hyphens, and where a word is longer than a line.</summary>
internal static class TextWrap
{
    private const string Space = @"[\t\n\v\f\r ]";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    // White space; a dash between words; a word up to a hyphen between letters, up to white space or up to a dash.
    private static readonly Regex Chunks = new(
        $$"""({{Space}}+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\v\f\r ]+?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[\w!"'&.,?]-))(?=[^\d\W]-?[^\d\W])|(?={{Space}}|\z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))""",
        RegexOptions.CultureInvariant,
        Limit);

    private static readonly Regex Words = new($"({Space}+)", RegexOptions.CultureInvariant, Limit);

    /// <summary>The filter <c>wordwrap(width, break_long_words, wrapstring, break_on_hyphens)</c>.</summary>
    public static JinjaValue Filter(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        if (input is not TextValue text)
            throw input is UndefinedValue undefined ? undefined.Error() : new ChatTemplateException($"'{input.TypeName}' object has no attribute 'splitlines'");
        context.Budget.SpendText(text.Value.Length);
        var width = arguments.Find(0, "width") is { } given ? JinjaValues.ToIndex(given) : 79;
        var breaksWords = arguments.Find(1, "break_long_words")?.Truth ?? true;
        var separator = arguments.Find(2, "wrapstring") is { } wrap and not NoneValue ? wrap.Text(context.Budget) : "\n";
        var breaksHyphens = arguments.Find(3, "break_on_hyphens")?.Truth ?? true;
        var result = new StringBuilder();
        var isFirst = true;
        foreach (var line in TextSplitting.Lines(text.Value, keepEnds: false))
        {
            result.Append(isFirst ? string.Empty : separator).AppendJoin(separator, Wrap(line, width, breaksWords, breaksHyphens));
            context.Budget.SpendText(result.Length);
            isFirst = false;
        }

        return new TextValue(result.ToString());
    }

    private static List<string> Wrap(string text, int width, bool breaksWords, bool breaksHyphens)
    {
        if (width <= 0)
            throw new ChatTemplateException($"invalid width {width} (must be > 0)");
        var chunks = new Stack<string>((breaksHyphens ? Chunks : Words).Split(text).Where(chunk => chunk.Length > 0).Reverse());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            if (lines.Count > 0 && IsBlank(chunks.Peek()))
                chunks.Pop();
            var line = new List<string>();
            var length = 0;
            while (chunks.TryPeek(out var chunk) && length + Length(chunk) <= width)
            {
                length += Length(chunk);
                line.Add(chunks.Pop());
            }

            if (chunks.TryPeek(out var next) && Length(next) > width)
                TakeLong(chunks, line, width - length, breaksWords, breaksHyphens);
            if (line.Count > 0 && IsBlank(line[^1]))
                line.RemoveAt(line.Count - 1);
            if (line.Count > 0)
                lines.Add(string.Concat(line));
        }

        return lines;
    }

    private static void TakeLong(Stack<string> chunks, List<string> line, int left, bool breaksWords, bool breaksHyphens)
    {
        if (!breaksWords)
        {
            if (line.Count == 0)
                line.Add(chunks.Pop());
            return;
        }

        var chunk = new TextValue(chunks.Pop());
        var end = left;
        if (breaksHyphens && left > 0 && chunk.Slice(0, left).LastIndexOf('-') is var hyphen and > 0 && chunk.Slice(0, left)[..hyphen].Any(character => character != '-'))
            end = new TextValue(chunk.Slice(0, left)[..hyphen]).Length!.Value + 1;
        line.Add(chunk.Slice(0, end));
        chunks.Push(chunk.Slice(end, chunk.Length!.Value));
    }

    private static bool IsBlank(string text) => text.All(PythonSpace.Is);

    private static int Length(string text) => new TextValue(text).Length!.Value;
}
