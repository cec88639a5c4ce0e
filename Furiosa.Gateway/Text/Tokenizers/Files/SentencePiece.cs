namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>What kind of token a SentencePiece model's piece is; the numbers are the file's (and GGUF's).</summary>
internal enum PieceKind
{
    /// <summary>Text.</summary>
    Normal = 1,

    /// <summary>Stands for what the vocabulary cannot write.</summary>
    Unknown = 2,

    /// <summary>No text, such as the beginning of one.</summary>
    Control = 3,

    /// <summary>Text that is always one token.</summary>
    UserDefined = 4,

    /// <summary>Not used.</summary>
    Unused = 5,

    /// <summary>One byte.</summary>
    Byte = 6,
}

/// <summary>One token of a SentencePiece model.</summary>
/// <param name="Text">As the vocabulary writes it, spaces as U+2581.</param>
/// <param name="Score">Logarithm of its probability (Unigram), or minus its rank (BPE).</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>How a SentencePiece model treats text, besides its pieces.</summary>
internal sealed record SentencePieceSettings
{
    /// <summary>Whether the most probable pieces are taken (Unigram), rather than merges by score (BPE).</summary>
    public bool IsUnigram { get; init; }

    /// <summary>Whether characters outside the vocabulary become byte tokens.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a space is put before text.</summary>
    public bool AddPrefixSpace { get; init; } = true;

    /// <summary>Whether that is done only where the whole text begins, not after each special token.</summary>
    public bool PrefixFirstOnly { get; init; }

    /// <summary>Whether spaces at the ends go and those in a row become one.</summary>
    public bool RemoveExtraSpaces { get; init; }

    /// <summary>The compiled character map; empty for none.</summary>
    public byte[] CharsMap { get; init; } = [];
}
