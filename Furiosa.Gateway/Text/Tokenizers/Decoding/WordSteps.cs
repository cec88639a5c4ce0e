namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>Puts a space before each token that does not go on with a word (BERT).</summary>
/// <param name="prefix">What tokens inside a word begin with.</param>
/// <param name="cleanup">Whether spaces before English punctuation go.</param>
internal sealed class WordPieceStep(string prefix, bool cleanup) : DecoderStep
{
    private static readonly (string From, string To)[] Cleanups =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>A text with English punctuation moved to the word before it.</summary>
    public static string Clean(string text) => Cleanups.Aggregate(text, (cleaned, pair) => cleaned.Replace(pair.From, pair.To, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
                tokens[i] = tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            if (cleanup)
                tokens[i] = Clean(tokens[i]);
        }
    }
}

/// <summary>Writes a space for each mark; the first token's are left out where text begins with one that was added (SentencePiece).</summary>
internal sealed class MetaspaceStep(char mark, bool dropFirst) : DecoderStep
{
    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = i == 0 && dropFirst ? tokens[i].Replace(mark.ToString(), "", StringComparison.Ordinal) : tokens[i].Replace(mark, ' ');
    }
}

/// <summary>Writes a space where a token ends a word, but not after the last.</summary>
internal sealed class WordSuffixStep(string suffix) : DecoderStep
{
    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = suffix.Length == 0 ? tokens[i] : tokens[i].Replace(suffix, i < tokens.Count - 1 ? " " : "", StringComparison.Ordinal);
    }
}

/// <summary>Joins what a speech model says twice, without its padding.</summary>
internal sealed class CtcStep(string padding, string delimiter, bool cleanup) : DecoderStep
{
    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        var kept = 0;
        string? last = null;
        foreach (var token in tokens.ToArray())
        {
            if (token == last)
                continue;
            last = token;
            var text = padding.Length > 0 ? token.Replace(padding, "", StringComparison.Ordinal) : token;
            if (cleanup)
                text = delimiter.Length > 0 ? WordPieceStep.Clean(text).Replace(delimiter, " ", StringComparison.Ordinal) : WordPieceStep.Clean(text);
            if (text.Length > 0)
                tokens[kept++] = text;
        }

        tokens.RemoveRange(kept, tokens.Count - kept);
    }
}
