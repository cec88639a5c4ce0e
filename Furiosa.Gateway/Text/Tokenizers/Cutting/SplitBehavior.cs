namespace Furiosa.Gateway.Text.Tokenizers.Cutting;

/// <summary>What a pre-tokenizer does with what its pattern matched; the names are <c>tokenizer.json</c>'s.</summary>
internal enum SplitBehavior
{
    /// <summary>Each match is a piece.</summary>
    Isolated,

    /// <summary>Matches are left out.</summary>
    Removed,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}
