namespace Furiosa.Device.Grammar;

/// <summary>
/// A vocabulary by its bytes. Tokens of whole <see cref="PlainText">plain characters</see> stand apart, with a ready mask for each
/// count of characters. Immutable; shared by all grammars.
/// </summary>
internal sealed class VocabularyTrie
{
    private const int MaxTokenBytes = 1024;

    private readonly VocabularyBytes _bytes;
    private readonly TokenMask[] _plainUpTo;

    /// <summary>Builds the tries: some 0.2 s for 128k tokens.</summary>
    /// <param name="tokenBytes">For each id what it stands for in a text; empty for special tokens and ids without a token, which no
    /// grammar allows; nor does any a token of more than 1,024 bytes. Copied.</param>
    public VocabularyTrie(IReadOnlyList<byte[]> tokenBytes)
    {
        _bytes = new VocabularyBytes(tokenBytes, MaxTokenBytes);
        var counts = Enumerable.Range(0, _bytes.Count).Select(id => PlainText.CountCharacters(_bytes[id])).ToArray();
        var ids = Enumerable.Range(0, _bytes.Count).Where(id => _bytes[id].Length > 0).ToList();
        Plain = TriePart.Of(ids.Where(id => IsPlain(counts[id])), _bytes);
        Others = TriePart.Of(ids.Where(id => !IsPlain(counts[id])), _bytes);
        SingleBytes = TriePart.Of(ids.Where(id => _bytes[id].Length == 1), _bytes);
        _plainUpTo = new TokenMask[PlainText.MaxRun + 1];
        var mask = new TokenMask(_bytes.Count);
        for (var run = 0; run <= PlainText.MaxRun; run++)
        {
            foreach (var id in ids.Where(id => counts[id] == run))
                mask.Allow(id);
            _plainUpTo[run] = mask.Copy();
        }

        Path = Math.Max(Plain.Depth, Others.Depth) + 1;
    }

    /// <summary>Number of ids.</summary>
    public int Size => _bytes.Count;

    internal TriePart Plain { get; }

    internal TriePart Others { get; }

    internal TriePart SingleBytes { get; }

    // Room a walk needs.
    internal int Path { get; }

    /// <summary>What an id stands for; empty for special tokens and ids that no token has.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => (uint)id < (uint)_bytes.Count ? _bytes[id] : [];

    // The plain tokens of at most so many characters.
    internal TokenMask PlainUpTo(int characters) => _plainUpTo[characters];

    private static bool IsPlain(int count) => count is > 0 and <= PlainText.MaxRun;
}
