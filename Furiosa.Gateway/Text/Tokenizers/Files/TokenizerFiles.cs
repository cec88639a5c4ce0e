namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Finds the file that a model directory's tokenizer is in.</summary>
internal static class TokenizerFiles
{
    /// <exception cref="ModelTextException">There is none, or it cannot be used.</exception>
    public static TokenizerParts Load(string directory)
    {
        var path = Path.Combine(directory, "tokenizer.json");
        if (ModelJson.Exists(path))
            return TokenizerFile.Load(path);
        var model = Path.Combine(directory, "tokenizer.model");
        if (File.Exists(model))
            return TiktokenFile.IsTiktoken(model) ? TiktokenFile.Load(model, directory) : SentencePieceFile.Load(model, directory);
        if (Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*.tiktoken").Concat(Directory.EnumerateFiles(directory, "tiktoken.model")).Order(StringComparer.Ordinal).FirstOrDefault() is { } list)
            return TiktokenFile.Load(list, directory);
        throw new ModelTextException($"{path} is missing: the model directory needs the tokenizer.json of Hugging Face's tokenizers, a SentencePiece tokenizer.model or a tiktoken list.");
    }
}
