namespace Furiosa.Device.Loading;

/// <summary>Python writes <c>Infinity</c> for a number that JSON has no word for; files of configurations have it.</summary>
internal static class PythonNumbers
{
    private static ReadOnlySpan<byte> Word => "Infinity"u8;

    // As long, beyond what a double holds, and so read as one without bounds.
    private static ReadOnlySpan<byte> Number => "1e9999  "u8;

    /// <summary>The same text with such a number for each such word outside of quotes.</summary>
    /// <param name="utf8">A JSON text.</param>
    public static ReadOnlyMemory<byte> Replaced(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.IndexOf(Word) < 0) return utf8;
        var copy = utf8.ToArray();
        var isQuoted = false;
        for (var i = 0; i < copy.Length; i++)
        {
            if (copy[i] == '"') isQuoted = !isQuoted;
            else if (isQuoted && copy[i] == '\\') i++;
            else if (!isQuoted && copy.AsSpan(i).StartsWith(Word)) Number.CopyTo(copy.AsSpan(i));
        }

        return copy;
    }
}
