namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>How a BPE model treats text, besides its vocabulary and merges.</summary>
internal sealed record BpeSettings
{
    /// <summary>Whether a piece that is a token as a whole is that token, whatever its merges.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>The token for characters outside the vocabulary; null to leave them out.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether neighbouring unknown characters are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a character outside the vocabulary becomes its UTF-8 bytes, tokens such as <c>&lt;0xE2&gt;</c>.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>What is written before every character of a word but the first.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What is written after a word's last character.</summary>
    public string Suffix { get; init; } = "";
}
