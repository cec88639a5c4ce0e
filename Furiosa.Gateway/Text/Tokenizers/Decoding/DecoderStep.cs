using System.Text;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers.Decoding;

/// <summary>One step on the way from tokens to text. Thread-safe.</summary>
internal abstract class DecoderStep
{
    /// <summary>Rewrites the list.</summary>
    public abstract void Apply(List<string> tokens);
}

/// <summary>Joins tokens written in <see cref="ByteLevelAlphabet"/> to the text of their bytes.</summary>
internal sealed class ByteLevelStep : DecoderStep
{
    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        var text = Encoding.UTF8.GetString([.. tokens.SelectMany(ByteLevelAlphabet.ToBytes)]);
        tokens.Clear();
        tokens.Add(text);
    }
}

/// <summary>Joins neighbouring byte tokens: to their characters or, if they are no UTF-8, to as many U+FFFD.</summary>
internal sealed class ByteFallbackStep : DecoderStep
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        var run = new List<byte>();
        var kept = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (ByteTokens.Parse(tokens[i]) is { } value)
            {
                run.Add(value);
                continue;
            }

            if (run.Count > 0)
                tokens[kept++] = Join(run);
            tokens[kept++] = tokens[i];
        }

        if (run.Count > 0)
            tokens[kept++] = Join(run);
        tokens.RemoveRange(kept, tokens.Count - kept);
    }

    private static string Join(List<byte> run)
    {
        byte[] bytes = [.. run];
        run.Clear();
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return new string('\uFFFD', bytes.Length);
        }
    }
}

/// <summary>Joins all tokens.</summary>
internal sealed class FuseStep : DecoderStep
{
    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        var text = string.Concat(tokens);
        tokens.Clear();
        tokens.Add(text);
    }
}

/// <summary>Replaces text in each token.</summary>
/// <param name="pattern">What is looked for: literal text, or a regular expression.</param>
/// <param name="literal">The literal text, or null for the pattern.</param>
/// <param name="content">What it becomes.</param>
internal sealed class ReplaceStep(Regex? pattern, string? literal, string content) : DecoderStep
{
    /// <summary>The literal text, or null.</summary>
    public string? Literal => literal;

    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = Replaced(tokens[i]);
    }

    /// <summary>One token with the replacements made.</summary>
    /// <exception cref="ModelTextException">It grows out of proportion.</exception>
    public string Replaced(string token)
    {
        var most = DecodedLength.Most(token.Length);
        if (literal != null)
        {
            DecodedLength.Check(token.Length + ((long)token.AsSpan().Count(literal) * (content.Length - literal.Length)), most);
            return token.Replace(literal, content, StringComparison.Ordinal);
        }

        var written = 0L;
        return pattern!.Replace(token, _ =>
        {
            DecodedLength.Check(written += content.Length, most);
            return content;
        });
    }
}

/// <summary>Takes up to so many of one character off both ends of each token.</summary>
internal sealed class StripStep(char content, int start, int stop) : DecoderStep
{
    /// <summary>Whether no more than one space at the beginning is taken off.</summary>
    public bool IsFirstSpace => content == ' ' && start == 1 && stop == 0;

    /// <inheritdoc/>
    public override void Apply(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var first = 0;
            while (first < token.Length && first < start && token[first] == content)
                first++;
            var last = token.Length;
            while (last > 0 && token.Length - last < stop && token[last - 1] == content)
                last--;
            tokens[i] = first < last ? token[first..last] : "";
        }
    }
}
