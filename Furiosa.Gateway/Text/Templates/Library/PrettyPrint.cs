using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Jinja's <c>pprint</c>: Python's <c>pprint.pformat</c>, lines of 80 with one element each where a value does not fit, keys in order.</summary>
internal sealed class PrettyPrint(BoundedWriter writer, JinjaContext context)
{
    private const int Width = 80;
    private static readonly Regex Words = new(@"\S*\s*", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));

    /// <summary>The filter.</summary>
    public static JinjaValue Filter(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        using var writer = new BoundedWriter(context.Budget);
        new PrettyPrint(writer, context).Write(input, 0, 0, 0);
        return new TextValue(writer.ToString());
    }

    private void Write(JinjaValue value, int indent, int allowance, int level)
    {
        JinjaContext.EnsureStack();
        var whole = PythonText.Repr(Ordered(value), context.Budget);
        if (Length(whole) <= Width - indent - allowance)
            writer.Write(whole);
        else if (value is MappingValue { Length: > 0 } mapping)
            WriteEntries(mapping, indent, allowance, level + 1);
        else if (value is ListValue { Length: > 0 } list)
            WriteElements(list, indent, allowance, level + 1);
        else if (value is TextValue { IsSafe: false, Length: > 0 } text)
            WriteText(text.Value, indent, allowance, level + 1);
        else
            writer.Write(whole);
    }

    private void WriteEntries(MappingValue mapping, int indent, int allowance, int level)
    {
        writer.Write('{');
        var entries = Sorted(mapping);
        for (var i = 0; i < entries.Count; i++)
        {
            var key = PythonText.Repr(entries[i].Key, context.Budget);
            writer.Write(key + ": ");
            var isLast = i == entries.Count - 1;
            Write(entries[i].Value, indent + 1 + Length(key) + 2, isLast ? allowance + 1 : 1, level);
            writer.Write(isLast ? "}" : NewLine(indent + 1, ","));
        }
    }

    private void WriteElements(ListValue list, int indent, int allowance, int level)
    {
        var end = !list.IsTuple ? "]" : list.Values.Count == 1 ? ",)" : ")";
        writer.Write(list.IsTuple ? '(' : '[');
        for (var i = 0; i < list.Values.Count; i++)
        {
            var isLast = i == list.Values.Count - 1;
            Write(list.Values[i], indent + 1, isLast ? allowance + end.Length : 1, level);
            writer.Write(isLast ? end : NewLine(indent + 1, ","));
        }
    }

    // A long text becomes several literals, one under the other: a line each, or as many words as fit.
    private void WriteText(string text, int indent, int allowance, int level)
    {
        if (level == 1)
            (indent, allowance) = (indent + 1, allowance + 1);
        var room = Width - indent;
        var literals = new List<string>();
        var lines = TextSplitting.Lines(text, keepEnds: true);
        for (var i = 0; i < lines.Count; i++)
        {
            var isLast = i == lines.Count - 1;
            if (Length(Quoted(lines[i])) <= room - (isLast ? allowance : 0))
                literals.Add(Quoted(lines[i]));
            else
                AddWords(lines[i], room, isLast ? allowance : 0, literals);
        }

        var isBracketed = level == 1 && literals.Count > 1;
        writer.Write((isBracketed ? "(" : string.Empty) + string.Join(NewLine(indent, string.Empty), literals) + (isBracketed ? ")" : string.Empty));
    }

    private void AddWords(string line, int room, int allowance, List<string> literals)
    {
        var current = string.Empty;
        var words = Words.Matches(line).Select(match => match.Value).Where(word => word.Length > 0).ToList();
        for (var i = 0; i < words.Count; i++)
        {
            context.Budget.SpendText(current.Length);
            var candidate = current + words[i];
            if (Length(Quoted(candidate)) <= room - (i == words.Count - 1 ? allowance : 0))
            {
                current = candidate;
                continue;
            }

            if (current.Length > 0)
                literals.Add(Quoted(current));
            current = words[i];
        }

        if (current.Length > 0)
            literals.Add(Quoted(current));
    }

    private static string NewLine(int indent, string before) => before + "\n" + new string(' ', indent);

    private string Quoted(string text) => PythonText.Repr(new TextValue(text), context.Budget);

    private static int Length(string text) => new TextValue(text).Length!.Value;

    private JinjaValue Ordered(JinjaValue value)
    {
        JinjaContext.EnsureStack();
        context.Budget.Spend();
        return value switch
        {
            MappingValue mapping => new MappingValue(Sorted(mapping).Select(entry => KeyValuePair.Create(entry.Key, Ordered(entry.Value)))),
            ListValue list => new ListValue([.. list.Values.Select(Ordered)], list.IsTuple),
            _ => value,
        };
    }

    // Keys that have no order among them keep together by type.
    private List<KeyValuePair<JinjaValue, JinjaValue>> Sorted(MappingValue mapping) =>
        [.. mapping.Entries.Order(Comparer<KeyValuePair<JinjaValue, JinjaValue>>.Create((left, right) => (left.Key, right.Key) switch
        {
            (NumericValue or TextValue, NumericValue or TextValue) when left.Key is TextValue == right.Key is TextValue => Comparison.Order(left.Key, right.Key, "<", context) ?? 0,
            _ => string.CompareOrdinal(left.Key.TypeName, right.Key.TypeName),
        }))];
}
