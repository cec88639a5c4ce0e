using System.Globalization;
using System.Text;
using Furiosa.Gateway.Text.Templates.Nodes;
using Furiosa.Gateway.Text.Templates.Values;

namespace Furiosa.Gateway.Text.Templates.Library;

/// <summary>Python's <c>'{}'.format(value)</c>. Attributes and elements are looked up as in the template itself, so that nothing more can be reached.</summary>
internal sealed class BraceFormat
{
    private readonly CallArguments _arguments;
    private readonly JinjaContext _context;
    private readonly bool _isSafe;

    // Fields without a name count from 0; -1 once one has a number, for the two do not mix.
    private int _next;

    private BraceFormat(CallArguments arguments, bool isSafe, JinjaContext context) => (_arguments, _isSafe, _context) = (arguments, isSafe, context);

    /// <summary>The template with its fields filled in; what is put into a safe one is escaped.</summary>
    public static string Apply(TextValue template, CallArguments arguments, JinjaContext context) =>
        new BraceFormat(arguments, template.IsSafe, context).Fill(template.Value, depth: 2);

    private string Fill(string template, int depth)
    {
        if (depth == 0)
            throw new ChatTemplateException("Max string recursion exceeded");
        var result = new StringBuilder();
        for (var at = 0; at < template.Length; at++)
        {
            var character = template[at];
            if (character is '{' or '}' && at + 1 < template.Length && template[at + 1] == character)
            {
                at++;
            }
            else if (character == '}')
            {
                throw new ChatTemplateException("Single '}' encountered in format string");
            }
            else if (character == '{')
            {
                var end = FieldEnd(template, at);
                result.Append(Field(template[(at + 1)..end], depth));
                _context.Budget.SpendText(result.Length);
                at = end;
                continue;
            }

            result.Append(character);
        }

        _context.Budget.SpendText(result.Length);
        return result.ToString();
    }

    private static int FieldEnd(string template, int open)
    {
        var depth = 0;
        for (var at = open; at < template.Length; at++)
        {
            // Braces in the brackets of an element's key are part of the key.
            if (template[at] == '[' && depth == 1 && !template.AsSpan(open, at - open).Contains(':') && template.IndexOf(']', at) is var close and > 0)
                at = close;
            else if (template[at] == '{')
                depth++;
            else if (template[at] == '}' && --depth == 0)
                return at;
        }

        throw new ChatTemplateException("expected '}' before end of string");
    }

    private string Field(string field, int depth)
    {
        var nameEnd = NameEnd(field);
        var rest = field[nameEnd..];
        var conversion = '\0';
        if (rest.StartsWith('!'))
        {
            conversion = rest.Length > 1 ? rest[1] : throw new ChatTemplateException("end of string while looking for conversion specifier");
            rest = rest[2..];
            if (rest.Length > 0 && rest[0] != ':')
                throw new ChatTemplateException("expected ':' after conversion specifier");
        }

        var value = Converted(Find(field[..nameEnd]), conversion);
        var specification = rest.Length > 1 ? Fill(rest[1..], depth - 1) : string.Empty;
        var text = FormatSpecification.Apply(value, specification, _context);
        return _isSafe && value is not TextValue { IsSafe: true } ? TextFilters.EscapeHtml(text) : text;
    }

    private static int NameEnd(string field)
    {
        for (var at = 0; at < field.Length; at++)
        {
            if (field[at] is '!' or ':')
                return at;
            if (field[at] == '[' && field.IndexOf(']', at) is var close and > 0)
                at = close;
        }

        return field.Length;
    }

    private JinjaValue Converted(JinjaValue value, char conversion) => conversion switch
    {
        '\0' => value,
        's' => new TextValue(value.Text(_context.Budget)),
        'r' => new TextValue(PythonText.Repr(value, _context.Budget)),
        'a' => new TextValue(PythonText.Ascii(value, _context.Budget)),
        _ => throw new ChatTemplateException($"Unknown conversion specifier '{conversion}'"),
    };

    private JinjaValue Find(string name)
    {
        var end = name.IndexOfAny(['.', '[']);
        var value = Argument(end < 0 ? name : name[..end], isWhole: end < 0);
        for (var at = end; at >= 0 && at < name.Length;)
        {
            var isAttribute = name[at] == '.';
            var stop = isAttribute ? name.IndexOfAny(['.', '['], at + 1) : name.IndexOf(']', at + 1);
            if (stop < 0 && !isAttribute)
                throw new ChatTemplateException("Missing ']' in format string");
            var key = name[(at + 1)..(stop < 0 ? name.Length : stop)];
            if (key.Length == 0)
                throw new ChatTemplateException("Empty attribute in format string");
            value = isAttribute ? AttributeExpression.Find(value, new TextValue(key), _context) : ItemExpression.Find(value, Key(key), _context);
            at = stop < 0 ? name.Length : isAttribute ? stop : stop + 1;
            if (!isAttribute && at < name.Length && name[at] is not ('.' or '['))
                throw new ChatTemplateException("Only '.' or '[' may follow ']' in format field specifier");
        }

        return value;
    }

    private static JinjaValue Key(string key) =>
        key.Length < 10 && key.All(char.IsAsciiDigit) ? new IntegerValue(int.Parse(key, CultureInfo.InvariantCulture)) : new TextValue(key);

    // Only a field that is nothing but a number, or nothing at all, counts as numbered.
    private JinjaValue Argument(string name, bool isWhole)
    {
        if (name.Length == 0 && isWhole)
        {
            if (_next < 0)
                throw new ChatTemplateException("cannot switch from manual field specification to automatic field numbering");
            return Positional(_next++);
        }

        if (name.Length == 0 || !name.All(char.IsAsciiDigit))
            return _arguments.Find(int.MaxValue, name) ?? throw new ChatTemplateException($"'{name}'");
        if (_next > 0 && isWhole)
            throw new ChatTemplateException("cannot switch from automatic field numbering to manual field specification");
        if (isWhole)
            _next = -1;
        return Positional(int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : int.MaxValue);
    }

    private JinjaValue Positional(int position) => position < _arguments.Positional.Count
        ? _arguments.Positional[position]
        : throw new ChatTemplateException($"Replacement index {position} out of range for positional args tuple");
}
