namespace Furiosa.Gateway.Text.Templates.Parsing;

/// <summary>A template's text with positions turned into lines and columns for messages.</summary>
internal sealed class TemplateSource
{
    private const int Largest = 4 * 1024 * 1024;

    public TemplateSource(string text)
    {
        if (text.Length > Largest)
            throw new ChatTemplateException($"the chat template has {text.Length} characters, more than the {Largest} allowed.");
        // As Jinja: line ends are \n, and one at the very end is not part of the template.
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>The template.</summary>
    public string Text { get; }

    /// <summary>A syntax error at a position.</summary>
    public ChatTemplateException Error(int position, string message)
    {
        var before = Text.AsSpan(0, Math.Min(position, Text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - (before.LastIndexOf('\n') + 1) + 1;
        return new ChatTemplateException($"the chat template is wrong at line {line}, column {column}: {message}");
    }
}
