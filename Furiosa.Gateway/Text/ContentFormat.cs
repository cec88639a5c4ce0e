using System.Text.RegularExpressions;

namespace Furiosa.Gateway.Text;

/// <summary>How a chat template is given a message's content.</summary>
internal enum ContentFormat
{
    /// <summary>As one string: parts are joined.</summary>
    Text,

    /// <summary>As a list of parts, strings too.</summary>
    Parts,
}

/// <summary>Tells which of them a template wants.</summary>
internal static partial class ContentFormats
{
    /// <param name="setting"><c>string</c>, <c>openai</c>, or <c>auto</c> to read it from the template.</param>
    /// <param name="template">The template's source.</param>
    public static ContentFormat Resolve(string setting, string template) => setting switch
    {
        "string" => ContentFormat.Text,
        "openai" => ContentFormat.Parts,
        // A template that asks whether it has a string takes one everywhere, which not all do with a list.
        _ => LoopOverContent().IsMatch(template) && !StringTest().IsMatch(template) ? ContentFormat.Parts : ContentFormat.Text,
    };

    [GeneratedRegex(@"\bfor\s+\w+\s+in\s+[\w.\[\]'""]*\bcontent\b['""\]]*\s*[-%|]")]
    private static partial Regex LoopOverContent();

    [GeneratedRegex(@"\bis\s+(not\s+)?(string|iterable)\b")]
    private static partial Regex StringTest();
}
