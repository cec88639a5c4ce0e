using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class ModelReader
{
    /// <summary>The most tokens, or merges, that are read.</summary>
    public const int MostEntries = 4 * 1024 * 1024;

    /// <summary>The vocabulary (token to id) and the model over it.</summary>
    /// <param name="model">The section.</param>
    /// <param name="byteLevel">Whether pieces reach the model as bytes.</param>
    public static (Vocabulary Vocabulary, SubwordModel Model) Read(JsonElement model, bool byteLevel)
    {
        // Files written before "type" was recorded tell by what they have.
        var type = model.Optional("type")?.Text() ?? GuessType(model);
        if (type == "Unigram")
            return ReadUnigram(model);
        if (type is not ("BPE" or "WordPiece" or "WordLevel"))
            throw new ModelTextException($"the tokenizer model {type} is not known; BPE, Unigram, WordPiece and WordLevel are.");
        var vocabulary = ReadVocabulary(model.GetProperty("vocab"));
        var unknown = model.Optional("unk_token")?.Text();
        return (vocabulary, type switch
        {
            "BPE" => BpeReader.Read(model, vocabulary, byteLevel, unknown == null ? null : Unknown(unknown)),
            "WordPiece" => new WordPieceModel(
                vocabulary, Unknown(unknown ?? "[UNK]"), model.Optional("continuing_subword_prefix")?.Text() ?? "##", model.Optional("max_input_chars_per_word")?.GetInt32() ?? 100),
            _ => new WordLevelModel(vocabulary, unknown != null && vocabulary.TryGetValue(unknown, out var id) ? id : null),
        });

        int Unknown(string token) => vocabulary.TryGetValue(token, out var id) ? id : throw new ModelTextException($"model.unk_token '{token}' is not in the vocabulary.");
    }

    private static string GuessType(JsonElement model) => model.TryGetProperty("merges", out _) ? "BPE"
        : model.GetProperty("vocab").ValueKind == JsonValueKind.Array ? "Unigram"
        : model.TryGetProperty("continuing_subword_prefix", out _) ? "WordPiece" : "WordLevel";

    private static Vocabulary ReadVocabulary(JsonElement entries)
    {
        CheckCount(entries.GetPropertyCount());
        var vocabulary = new Vocabulary(entries.GetPropertyCount());
        foreach (var entry in entries.EnumerateObject())
        {
            var id = entry.Value.GetInt32();
            if (id is < 0 or > TokenizerFile.LargestId)
                throw new ModelTextException($"the id {id} of the token '{entry.Name}' is not between 0 and {TokenizerFile.LargestId}.");
            vocabulary.Set(entry.Name, id);
        }

        return vocabulary;
    }

    private static (Vocabulary Vocabulary, SubwordModel Model) ReadUnigram(JsonElement model)
    {
        var entries = model.GetProperty("vocab");
        CheckCount(entries.GetArrayLength());
        var pieces = entries.EnumerateArray().Select(entry => (Text: entry[0].Text(), Score: entry[1].GetDouble())).ToList();
        var vocabulary = new Vocabulary(pieces.Count);
        for (var id = 0; id < pieces.Count; id++)
            vocabulary.Set(pieces[id].Text, id);
        var unknown = model.Optional("unk_id")?.GetInt32();
        if (unknown < 0 || unknown >= pieces.Count)
            throw new ModelTextException($"model.unk_id {unknown} is not one of the {pieces.Count} tokens.");
        return (vocabulary, new UnigramModel(pieces, unknown, model.Flag("byte_fallback")));
    }

    /// <summary>Refuses too many merges, written out or made of the pieces.</summary>
    /// <exception cref="ModelTextException">There are.</exception>
    public static void CheckMerges(int count)
    {
        if (count > MostEntries)
            throw new ModelTextException($"there are more than the {MostEntries} merges allowed.");
    }

    private static void CheckCount(int count)
    {
        if (count > MostEntries)
            throw new ModelTextException($"the vocabulary has more than the {MostEntries} entries allowed.");
    }
}
