using System.Globalization;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Writes values as Python's <c>json.dumps</c> does, which is what Hugging Face's <c>tojson</c> is (Jinja's own escapes HTML).</summary>
internal sealed class JsonFilter
{
    private const int WidestIndent = 64;

    private readonly TextWriter _writer;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _ascii;
    private readonly bool _sorted;

    private JsonFilter(TextWriter writer, CallArguments arguments, JinjaContext context)
    {
        _writer = writer;
        _ascii = arguments.Find(0, "ensure_ascii")?.Truth ?? false;
        _indent = Indent(arguments.Find(1, "indent"));
        _sorted = arguments.Find(3, "sort_keys")?.Truth ?? false;
        (_itemSeparator, _keySeparator) = (_indent == null ? ", " : ",", ": ");
        if (arguments.Find(2, "separators") is ListValue { Values: [var item, var key] })
            (_itemSeparator, _keySeparator) = (item.Text(context.Budget), key.Text(context.Budget));
    }

    /// <summary>The filter <c>tojson(ensure_ascii, indent, separators, sort_keys)</c>.</summary>
    public static JinjaValue Filter(JinjaValue input, CallArguments arguments, JinjaContext context)
    {
        using var writer = new BoundedWriter(context.Budget);
        new JsonFilter(writer, arguments, context).Write(input, 0);
        return new TextValue(writer.ToString());
    }

    private static string? Indent(JinjaValue? value) => value switch
    {
        null or NoneValue => null,
        TextValue text => text.Value.Length <= WidestIndent ? text.Value : throw TooWide(),
        _ => JinjaValues.ToIndex(value) is var width && width <= WidestIndent ? new string(' ', Math.Max(0, width)) : throw TooWide(),
    };

    private static ChatTemplateException TooWide() => new($"tojson's indent is more than {WidestIndent} wide.");

    private void Write(JinjaValue value, int depth)
    {
        JinjaContext.EnsureStack();
        switch (value)
        {
            case TextValue text:
                WriteText(text.Value);
                break;
            case BooleanValue or NoneValue:
                _writer.Write(value is NoneValue ? "null" : value.Truth ? "true" : "false");
                break;
            case FloatValue number:
                _writer.Write(Number(number));
                break;
            case IntegerValue:
                value.WriteRepr(_writer);
                break;
            case ListValue list:
                WriteAll('[', ']', list.Values, depth, Write);
                break;
            case MappingValue mapping:
                var entries = _sorted ? mapping.Entries.OrderBy(entry => KeyText(entry.Key), StringComparer.Ordinal).ToList() : mapping.Entries;
                WriteAll('{', '}', entries, depth, WriteEntry);
                break;
            default:
                throw new ChatTemplateException($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private static string Number(FloatValue number) =>
        double.IsNaN(number.Real) ? "NaN" : double.IsInfinity(number.Real) ? (number.Real > 0 ? "Infinity" : "-Infinity") : PythonText.Float(number.Real);

    private static string KeyText(JinjaValue key) => key switch
    {
        TextValue text => text.Value,
        NoneValue => "null",
        BooleanValue => key.Truth ? "true" : "false",
        FloatValue number => Number(number),
        IntegerValue number => number.Value.ToString(CultureInfo.InvariantCulture),
        _ => throw new ChatTemplateException($"keys must be str, int, float, bool or None, not {key.TypeName}"),
    };

    private void WriteEntry(KeyValuePair<JinjaValue, JinjaValue> entry, int depth)
    {
        WriteText(KeyText(entry.Key));
        _writer.Write(_keySeparator);
        Write(entry.Value, depth);
    }

    private void WriteAll<T>(char open, char close, IReadOnlyList<T> items, int depth, Action<T, int> write)
    {
        _writer.Write(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                _writer.Write(_itemSeparator);
            BreakLine(depth + 1);
            write(items[i], depth + 1);
        }

        if (items.Count > 0)
            BreakLine(depth);
        _writer.Write(close);
    }

    private void BreakLine(int depth)
    {
        if (_indent == null)
            return;
        _writer.Write('\n');
        for (var i = 0; i < depth; i++)
            _writer.Write(_indent);
    }

    private void WriteText(string text)
    {
        _writer.Write('"');
        foreach (var character in text)
        {
            var known = "\"\\\n\r\t\b\f".IndexOf(character, StringComparison.Ordinal);
            if (known >= 0)
            {
                _writer.Write('\\');
                _writer.Write("\"\\nrtbf"[known]);
            }
            else if (character < ' ' || (_ascii && character > '~'))
            {
                _writer.Write($"\\u{(int)character:x4}");
            }
            else
            {
                _writer.Write(character);
            }
        }

        _writer.Write('"');
    }
}
