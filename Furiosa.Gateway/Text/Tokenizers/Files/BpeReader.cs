using System.Globalization;
using System.Text.Json;
using Furiosa.Gateway.Text.Tokenizers.Models;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads a BPE <c>model</c>: its merges and settings.</summary>
internal static class BpeReader
{
    public static SubwordModel Read(JsonElement model, Vocabulary vocabulary, bool byteLevel, int? unknown)
    {
        if (model.Optional("dropout")?.GetDouble() is > 0 and var dropout)
            throw new ModelTextException($"model.dropout {dropout} would make ids random; it must be absent, null or 0.");
        var settings = new BpeSettings
        {
            IgnoreMerges = model.Flag("ignore_merges"),
            UnknownId = unknown,
            FuseUnknown = model.Flag("fuse_unk"),
            ByteFallback = model.Flag("byte_fallback"),
            Prefix = model.Optional("continuing_subword_prefix")?.Text() ?? "",
            Suffix = model.Optional("end_of_word_suffix")?.Text() ?? "",
        };
        var merges = ReadMerges(model, vocabulary, new StringInfo(settings.Prefix).LengthInTextElements);
        return byteLevel && settings is { Prefix: "", Suffix: "", ByteFallback: false }
            ? new ByteLevelBpe(vocabulary, merges, settings.IgnoreMerges, unknown, settings.FuseUnknown)
            : new CharacterBpe(vocabulary, merges, settings);
    }

    // A merge is "left right" or, in newer files, ["left", "right"]. What the two make has the right one without the prefix of word insides.
    private static MergeTable ReadMerges(JsonElement model, Vocabulary vocabulary, int prefix)
    {
        var list = model.GetProperty("merges");
        ModelReader.CheckMerges(list.GetArrayLength());
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

            if (right.Length < prefix)
                throw new ModelTextException($"merge {rank} ('{left}' and '{right}') has a right side without the prefix.");
            var length = left.Length + right.Length - prefix;
            if (length > joined.Length)
                joined = new char[2 * length];
            left.CopyTo(joined);
            right[prefix..].CopyTo(joined.AsSpan(left.Length));
            if (!vocabulary.TryGetValue(left, out var leftId) || !vocabulary.TryGetValue(right, out var rightId) || !vocabulary.TryGetValue(joined.AsSpan(0, length), out var id))
                throw new ModelTextException($"merge {rank} ('{left}' and '{right}') uses or makes a token that the vocabulary does not have.");
            table.Add(leftId, rightId, rank++, id);
        }

        return table;
    }
}
