using System.Collections;
using System.Text;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>A list of texts as the file has it, end to end. A text is made when it is asked for: a vocabulary has a hundred thousand.</summary>
/// <param name="bytes">All texts in UTF-8; what is not valid is replaced by U+FFFD.</param>
/// <param name="ends">Where each text ends.</param>
internal sealed class GgufTexts(ReadOnlyMemory<byte> bytes, int[] ends) : IReadOnlyList<string>
{
    /// <inheritdoc/>
    public int Count => ends.Length;

    /// <inheritdoc/>
    public string this[int index] => Encoding.UTF8.GetString(bytes.Span[(index == 0 ? 0 : ends[index - 1])..ends[index]]);

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (var index = 0; index < Count; index++) yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
