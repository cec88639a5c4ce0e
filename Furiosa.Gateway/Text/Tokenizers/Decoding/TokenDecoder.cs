using System.Text;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>How tokens become text.</summary>
internal enum DecodingStyle
{
    /// <summary>A token is bytes, written in <see cref="ByteLevelAlphabet"/>.</summary>
    ByteLevel,

    /// <summary>A token is its own text whatever is around it, or one byte.</summary>
    Pieces,

    /// <summary>A token's text depends on its neighbours.</summary>
    Context,
}

/// <summary>The steps of a <c>tokenizer.json</c>'s decoder. Thread-safe.</summary>
internal sealed class TokenDecoder
{
    private readonly IReadOnlyList<DecoderStep>? _steps;

    /// <param name="steps">The steps, in order; null where there is no decoder: tokens are then joined with spaces.</param>
    public TokenDecoder(IReadOnlyList<DecoderStep>? steps)
    {
        _steps = steps;
        (Style, DropFirstSpace) = Classify(steps);
    }

    /// <summary>How tokens become text.</summary>
    public DecodingStyle Style { get; }

    /// <summary>Whether one space at the very beginning is left out; told for <see cref="DecodingStyle.Pieces"/> only.</summary>
    public bool DropFirstSpace { get; }

    /// <summary>A decoder for tokens with spaces written as a mark, and byte tokens (SentencePiece).</summary>
    /// <param name="dropFirstSpace">Whether text begins with a space that was added.</param>
    public static TokenDecoder ForPieces(bool dropFirstSpace)
    {
        List<DecoderStep> steps = [new ReplaceStep(null, "\u2581", " "), new ByteFallbackStep(), new FuseStep()];
        if (dropFirstSpace)
            steps.Add(new StripStep(' ', 1, 0));
        return new TokenDecoder(steps);
    }

    /// <summary>The text of tokens; the list is used up.</summary>
    public string Decode(List<string> tokens)
    {
        if (_steps == null)
            return string.Join(' ', tokens);
        var most = DecodedLength.Most(Length(tokens));
        foreach (var step in _steps)
        {
            step.Apply(tokens);
            DecodedLength.Check(Length(tokens), most);
        }

        return string.Concat(tokens);
    }

    /// <summary>The bytes of one token, unless its text depends on its neighbours.</summary>
    /// <param name="token">The token.</param>
    /// <param name="isByte">Whether it is a byte token.</param>
    public byte[] ToBytes(string token, out bool isByte)
    {
        isByte = false;
        var most = DecodedLength.Most(token.Length);
        if (Style == DecodingStyle.ByteLevel)
            return ByteLevelAlphabet.ToBytes(token);
        foreach (var step in _steps!)
        {
            if (step is ReplaceStep { Literal: not null } replacement)
                token = replacement.Replaced(token);
            else if (step is ByteFallbackStep && ByteTokens.Parse(token) is { } value)
                (isByte, token) = (true, ((char)value).ToString());
            DecodedLength.Check(token.Length, most);
        }

        return isByte ? [(byte)token[0]] : Encoding.UTF8.GetBytes(token);
    }

    private static long Length(List<string> tokens)
    {
        var length = 0L;
        foreach (var token in tokens)
            length += token.Length;
        return length;
    }

    private static (DecodingStyle Style, bool DropFirstSpace) Classify(IReadOnlyList<DecoderStep>? steps)
    {
        if (steps is [ByteLevelStep])
            return (DecodingStyle.ByteLevel, false);
        if (steps == null)
            return (DecodingStyle.Context, false);
        var rest = steps.SkipWhile(step => step is ReplaceStep { Literal: not null }).ToList();
        if (rest is [ByteFallbackStep, ..])
            rest.RemoveAt(0);
        return rest switch
        {
            [] or [FuseStep] => (DecodingStyle.Pieces, false),
            [FuseStep, StripStep { IsFirstSpace: true }] => (DecodingStyle.Pieces, true),
            _ => (DecodingStyle.Context, false),
        };
    }
}
