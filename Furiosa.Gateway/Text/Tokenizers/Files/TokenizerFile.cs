using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Normalizing;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads <c>tokenizer.json</c>. What it cannot do exactly as Hugging Face's tokenizers it refuses by name.</summary>
/// <remarks>Its <c>truncation</c> and <c>padding</c> are for training and batches, and are left out, as Hugging Face's transformers do.</remarks>
internal static class TokenizerFile
{
    /// <summary>The largest id that is accepted; tables are as long as the largest id.</summary>
    public const int LargestId = 4 * 1024 * 1024;

    /// <exception cref="ModelTextException">The file is unreadable, too large, malformed or asks for something that is not supported.</exception>
    public static TokenizerParts Load(string path) => Guard(path, () => Read(ModelJson.Load(path, JsonDocumentFile.MaxTokenizerBytes)));

    /// <summary>Names the file in whatever is wrong with it.</summary>
    public static TokenizerParts Guard(string path, Func<TokenizerParts> read)
    {
        try
        {
            return read();
        }
        catch (ModelTextException error) when (!error.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new ModelTextException($"{path}: {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException or OverflowException or IndexOutOfRangeException
            or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw new ModelTextException($"{path}: not a tokenizer file: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static TokenizerParts Read(JsonElement root)
    {
        if (!root.TryGetProperty("model", out var model))
            throw new ModelTextException("not a tokenizer file: it has no \"model\".");
        var cutters = CutterReader.Read(root.Optional("pre_tokenizer"), out var byteLevel);
        var (vocabulary, subwords) = ModelReader.Read(model, byteLevel);
        // Where the model does not take bytes by itself, their alphabet is written out for it.
        if (byteLevel && subwords is not Models.ByteLevelBpe)
            cutters = [.. cutters, new AlphabetCutter()];
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Model = subwords,
            Decoder = DecoderReader.Read(root.Optional("decoder")),
            AddedTokens = AddedTokenReader.Read(root.Optional("added_tokens"), vocabulary),
            Normalizer = NormalizerReader.Read(root.Optional("normalizer")),
            Cutters = cutters,
            Template = TemplateReader.Read(root.Optional("post_processor")),
        };
    }
}
