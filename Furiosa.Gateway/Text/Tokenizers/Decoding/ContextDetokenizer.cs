namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>
/// The detokenizer of vocabularies where a token's text depends on those beside it: a few tokens that were shown already are decoded
/// again with the new ones, and what is more is shown.
/// </summary>
internal sealed class ContextDetokenizer(ITextTokenizer tokenizer, bool skipSpecialTokens) : StreamingDetokenizer(tokenizer, skipSpecialTokens)
{
    private const int Context = 4;
    private const int MostHeld = 64;

    private readonly ITextTokenizer _tokenizer = tokenizer;
    private readonly List<int> _ids = [];
    private int _shown;

    /// <inheritdoc/>
    public override string Flush() => More(isLast: true);

    /// <inheritdoc/>
    protected override string Take(int id)
    {
        _ids.Add(id);
        return More(isLast: false);
    }

    private string More(bool isLast)
    {
        var ids = _ids.ToArray();
        var before = _tokenizer.Decode(ids.AsSpan(0, _shown), skipSpecialTokens: false);
        var after = _tokenizer.Decode(ids, skipSpecialTokens: false);
        // An incomplete character at the end may become whole, but not for ever.
        if (!isLast && after.EndsWith('\uFFFD') && ids.Length - _shown < MostHeld)
            return "";
        var common = 0;
        while (common < before.Length && common < after.Length && before[common] == after[common])
            common++;
        _shown = ids.Length;
        if (_shown > 2 * Context)
        {
            _ids.RemoveRange(0, _shown - Context);
            _shown = Context;
        }

        return after[common..];
    }
}
