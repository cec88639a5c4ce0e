using System.Text.Json;

namespace Furiosa.Gateway.Text.Tokenizers;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>: BPE, byte-level or with byte fallback.</summary>
internal static class BpeReader
{
    private const int MostEntries = 4 * 1024 * 1024;

    /// <summary>The vocabulary: token to id.</summary>
    public static Dictionary<string, int> ReadVocabulary(JsonElement model)
    {
        // Files written before "type" was recorded are BPE where they have merges.
        var type = model.Optional("type")?.Text() ?? (model.TryGetProperty("merges", out _) ? "BPE" : "without a type");
        if (type != "BPE")
            throw new ModelTextException($"the tokenizer model {type} is not supported yet; BPE is.");
        var entries = model.GetProperty("vocab");
        if (entries.GetPropertyCount() > MostEntries)
            throw new ModelTextException($"the vocabulary has more than the {MostEntries} entries allowed.");
        var vocabulary = new Dictionary<string, int>(entries.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var entry in entries.EnumerateObject())
        {
            var id = entry.Value.GetInt32();
            if (id is < 0 or > TokenizerFile.LargestId)
                throw new ModelTextException($"the id {id} of the token '{entry.Name}' is not between 0 and {TokenizerFile.LargestId}.");
            vocabulary[entry.Name] = id;
        }

        return vocabulary;
    }

    /// <summary>The model over that vocabulary.</summary>
    public static BpeModel ReadModel(JsonElement model, Dictionary<string, int> vocabulary, bool byteLevel)
    {
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name)?.Text() is { Length: > 0 } value)
                throw new ModelTextException($"model.{name} '{value}' is not supported yet; it must be absent, null or empty.");
        }

        if (model.Optional("dropout")?.GetDouble() is > 0 and var dropout)
            throw new ModelTextException($"model.dropout {dropout} would make ids random; it must be absent, null or 0.");
        var unknownToken = model.Optional("unk_token")?.Text();
        int? unknown = unknownToken == null ? null
            : vocabulary.TryGetValue(unknownToken, out var id) ? id
            : throw new ModelTextException($"model.unk_token '{unknownToken}' is not in the vocabulary.");
        var merges = ReadMerges(model, vocabulary);
        var ignoreMerges = model.Flag("ignore_merges");
        var fuseUnknown = model.Flag("fuse_unk");
        if (byteLevel)
            return new ByteLevelBpe(vocabulary, merges, ignoreMerges, unknown, fuseUnknown);
        if (model.Flag("byte_fallback"))
            return new ByteFallbackBpe(vocabulary, merges, ignoreMerges, unknown, fuseUnknown);
        throw new ModelTextException("BPE that is neither byte-level (a ByteLevel pre_tokenizer) nor has byte_fallback is not supported yet.");
    }

    // A merge is "left right" or, in newer files, ["left", "right"].
    private static MergeTable ReadMerges(JsonElement model, Dictionary<string, int> vocabulary)
    {
        var list = model.GetProperty("merges");
        if (list.GetArrayLength() > MostEntries)
            throw new ModelTextException($"{list.GetArrayLength()} merges are more than the {MostEntries} allowed.");
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var table = new MergeTable(list.GetArrayLength());
        var joined = new char[64];
        var rank = 0;
        foreach (var merge in list.EnumerateArray())
        {
            ReadOnlySpan<char> left, right;
            if (merge.ValueKind == JsonValueKind.String)
            {
                var text = merge.Text();
                var space = text.IndexOf(' ');
                if (space < 0 || text.IndexOf(' ', space + 1) >= 0)
                    throw new ModelTextException($"merge {rank} '{text}' is not two tokens with a space between them.");
                left = text.AsSpan(0, space);
                right = text.AsSpan(space + 1);
            }
            else
            {
                if (merge.GetArrayLength() != 2)
                    throw new ModelTextException($"merge {rank} is not a pair of tokens.");
                left = merge[0].Text();
                right = merge[1].Text();
            }

            var length = left.Length + right.Length;
            if (length > joined.Length)
                joined = new char[2 * length];
            left.CopyTo(joined);
            right.CopyTo(joined.AsSpan(left.Length));
            if (!lookup.TryGetValue(left, out var leftId) || !lookup.TryGetValue(right, out var rightId) || !lookup.TryGetValue(joined.AsSpan(0, length), out var id))
                throw new ModelTextException($"merge {rank} ('{left}' and '{right}') uses or makes a token that the vocabulary does not have.");
            table.Add(leftId, rightId, rank++, id);
        }

        return table;
    }
}
