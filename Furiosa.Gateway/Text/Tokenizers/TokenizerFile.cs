using System.Text.Json;
using Furiosa.Device.Loading;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Reads <c>tokenizer.json</c>. What it cannot do exactly as Hugging Face's tokenizers it refuses by name.</summary>
internal static class TokenizerFile
{
    private const int MostAddedTokens = 65_536;

    /// <summary>The largest id that is accepted; tables are as long as the largest id.</summary>
    public const int LargestId = 4 * 1024 * 1024;

    /// <exception cref="ModelTextException">The file is missing, unreadable, too large, malformed or asks for something that is not supported.</exception>
    public static TokenizerParts Load(string path)
    {
        if (!File.Exists(path))
            throw new ModelTextException($"{path} is missing: the model directory needs the tokenizer.json of Hugging Face's tokenizers.");
        var root = ModelJson.Load(path, JsonDocumentFile.MaxTokenizerBytes);
        try
        {
            return Read(root);
        }
        catch (ModelTextException error)
        {
            throw new ModelTextException($"{path}: {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new ModelTextException($"{path}: not a tokenizer file: {error.Message}", error);
        }
    }

    private static TokenizerParts Read(JsonElement root)
    {
        if (!root.TryGetProperty("model", out var model))
            throw new ModelTextException("not a tokenizer file: it has no \"model\".");
        var vocabulary = BpeReader.ReadVocabulary(model);
        var added = ReadAddedTokens(root);
        var stages = PreTokenizerReader.Read(root.Optional("pre_tokenizer"), out var byteLevel);
        var decoder = DecoderReader.Read(root.Optional("decoder"));
        var bpe = BpeReader.ReadModel(model, vocabulary, byteLevel);
        if (decoder.ByteLevel != byteLevel)
            throw new ModelTextException($"the pre_tokenizer is {(byteLevel ? "" : "not ")}byte-level and the decoder is {(decoder.ByteLevel ? "" : "not ")}: that mixture is not supported.");
        return new TokenizerParts(
            vocabulary,
            added,
            NormalizerReader.Read(root.Optional("normalizer")),
            stages,
            bpe,
            TemplateReader.Read(root.Optional("post_processor")),
            decoder.DropFirstSpace);
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement root)
    {
        var tokens = new List<AddedToken>();
        if (root.Optional("added_tokens") is not { } list)
            return tokens;
        if (list.GetArrayLength() > MostAddedTokens)
            throw new ModelTextException($"{list.GetArrayLength()} added tokens are more than the {MostAddedTokens} allowed.");
        foreach (var token in list.EnumerateArray())
        {
            var id = token.GetProperty("id").GetInt32();
            if (id is < 0 or > LargestId)
                throw new ModelTextException($"the added token id {id} is not between 0 and {LargestId}.");
            tokens.Add(new AddedToken(
                id,
                token.GetProperty("content").Text(),
                token.Flag("single_word"),
                token.Flag("lstrip"),
                token.Flag("rstrip"),
                token.Flag("normalized"),
                token.Flag("special")));
        }

        return tokens;
    }
}
