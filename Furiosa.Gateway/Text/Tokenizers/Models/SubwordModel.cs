namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>What turns one piece of text (a pre-tokenizer's word) into ids. Thread-safe.</summary>
internal abstract class SubwordModel
{
    // Words up to this many characters are remembered, so that running text is mostly look-ups; both limits bound the memory.
    private const int RememberedLength = 48;
    private const int RememberedWords = 1 << 16;

    // Each word has one place, which the latest word of its hash keeps: reads and writes need no lock.
    private readonly Remembered?[] _remembered = new Remembered?[RememberedWords];

    /// <summary>Adds the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.IsEmpty)
            return;
        if (piece.Length > RememberedLength)
        {
            Compute(piece, ids);
            return;
        }

        ref var place = ref _remembered[Hash(piece)];
        var known = Volatile.Read(ref place);
        if (known == null || !piece.SequenceEqual(known.Piece))
        {
            var made = new List<int>();
            Compute(piece, made);
            known = new Remembered(piece.ToString(), [.. made]);
            Volatile.Write(ref place, known);
        }

        if (known.Ids.Length == 1)
            ids.Add(known.Ids[0]);
        else
            ids.AddRange(known.Ids.AsSpan());
    }

    /// <summary>Adds the ids of one piece, worked out anew.</summary>
    protected abstract void Compute(ReadOnlySpan<char> piece, List<int> ids);

    private static int Hash(ReadOnlySpan<char> piece)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var character in piece)
            hash = (hash ^ character) * 0x100000001B3UL;
        return (int)((hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15UL >> 48);
    }

    private sealed class Remembered(string piece, int[] ids)
    {
        public string Piece => piece;

        public int[] Ids => ids;
    }
}
