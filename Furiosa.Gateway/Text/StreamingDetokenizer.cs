using System.Text;

namespace Furiosa.Gateway.Text;

/// <summary>
/// Turns one sequence's ids into text as they come, whole characters only: what is emitted, put together with <see cref="Flush"/>'s
/// rest, is what <see cref="ITextTokenizer.Decode"/> makes of all the ids, however they were fed. Not thread-safe.
/// </summary>
internal abstract class StreamingDetokenizer(ITextTokenizer tokenizer, bool skipSpecialTokens)
{
    /// <summary>Takes one id and gives the characters that are now complete: often one token's text, sometimes none.</summary>
    public string Add(int id) => skipSpecialTokens && tokenizer.IsSpecial(id) ? string.Empty : Take(id);

    /// <summary>Takes several ids and gives the characters that are now complete.</summary>
    public string Add(ReadOnlySpan<int> ids)
    {
        if (ids.Length == 1)
            return Add(ids[0]);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(Add(id));
        return text.ToString();
    }

    /// <summary>Ends the sequence: bytes of a character that never became whole are U+FFFD.</summary>
    public abstract string Flush();

    /// <summary>Takes an id that is not left out.</summary>
    protected abstract string Take(int id);
}
