namespace Furiosa.Device.Loading;

/// <summary>A model file cannot be used. The message is one line: the file, the tensor or key in it, what is wrong and what would be right.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Makes an exception from a whole message.</summary>
    /// <param name="message">One line that names the file, the item and the remedy.</param>
    public ModelFormatException(string message) : base(OneLine(message)) { }

    /// <summary>Makes an exception from a whole message and its cause.</summary>
    /// <param name="message">One line that names the file, the item and the remedy.</param>
    /// <param name="inner">What the platform reported.</param>
    public ModelFormatException(string message, Exception? inner) : base(OneLine(message), inner) { }

    /// <summary>Makes an exception from its parts: <c>file: item: problem; remedy</c>.</summary>
    /// <param name="file">The file's path as the user knows it.</param>
    /// <param name="item">The tensor or key, or null when the whole file is meant.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="remedy">What would be right.</param>
    /// <param name="inner">What the platform reported, if anything.</param>
    public ModelFormatException(string file, string? item, string problem, string remedy, Exception? inner = null)
        : base(OneLine(item is null ? $"{file}: {problem}; {remedy}" : $"{file}: {item}: {problem}; {remedy}"), inner) { }

    // Names come out of hostile files: no line breaks, no terminal escapes, no megabyte-long keys.
    private static string OneLine(string text)
    {
        const int longest = 2000;
        if (text.Length > longest) text = string.Concat(text.AsSpan(0, longest), "...");
        return string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
    }
}
