using System.Buffers;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>
/// The detokenizer of vocabularies with byte tokens. Decoding a whole text, a run of byte tokens with a mistake anywhere is U+FFFD
/// throughout; here the characters before the mistake have been shown by then.
/// </summary>
internal sealed class PieceDetokenizer(TextTokenizer tokenizer, bool skipSpecialTokens, bool dropFirstSpace) : StreamingDetokenizer(tokenizer, skipSpecialTokens)
{
    private readonly TextTokenizer _tokenizer = tokenizer;
    private readonly byte[] _pending = new byte[4];
    private int _count;
    private bool _isBroken;
    private bool _dropSpace = dropFirstSpace;

    /// <inheritdoc/>
    public override string Flush() => Drop(EndRun());

    /// <inheritdoc/>
    protected override string Take(int id)
    {
        var bytes = _tokenizer.TokenBytes(id).Span;
        return Drop(_tokenizer.IsByte(id) ? TakeByte(bytes[0]) : EndRun() + Encoding.UTF8.GetString(bytes));
    }

    private string TakeByte(byte value)
    {
        if (_isBroken)
            return "\uFFFD";
        _pending[_count++] = value;
        var status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _count), out var rune, out _);
        if (status == OperationStatus.NeedMoreData)
            return "";
        var text = status == OperationStatus.Done ? rune.ToString() : new string('\uFFFD', _count);
        _isBroken = status != OperationStatus.Done;
        _count = 0;
        return text;
    }

    private string EndRun()
    {
        var text = new string('\uFFFD', _count);
        (_count, _isBroken) = (0, false);
        return text;
    }

    private string Drop(string text)
    {
        if (!_dropSpace || text.Length == 0)
            return text;
        _dropSpace = false;
        return text[0] == ' ' ? text[1..] : text;
    }
}
