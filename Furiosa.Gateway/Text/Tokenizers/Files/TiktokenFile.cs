using System.Buffers.Text;
using System.Text;
using Furiosa.Device.Loading;
using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Models;
using Furiosa.Gateway.Text.Tokenizers.Normalizing;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Reads a tiktoken list: a line for each token, its bytes in base 64 and its rank.</summary>
internal static class TiktokenFile
{
    private const int LongestToken = 1024;

    /// <summary>Whether a file begins as such a list does.</summary>
    public static bool IsTiktoken(string path)
    {
        using var reader = new StreamReader(path, Encoding.Latin1);
        var start = new char[512];
        var count = reader.ReadBlock(start);
        return TryParse(Encoding.Latin1.GetBytes(start, 0, count).AsSpan(), out _, out _);
    }

    /// <exception cref="ModelTextException">The file cannot be read or used.</exception>
    public static TokenizerParts Load(string path, string directory) => TokenizerFile.Guard(path, () =>
    {
        var config = ModelJson.LoadOptional(directory, "tokenizer_config.json");
        var vocabulary = Read(path);
        var family = TiktokenFamily.Find(vocabulary.Count, Path.GetFileName(path), config);
        var added = AddedTokenReader.ReadDecoder(config?.Optional("added_tokens_decoder"));
        var parts = Build(vocabulary, family.Pattern, added.Count > 0 ? added : family.AddedTokens(vocabulary.Count));
        return parts with
        {
            Template = new TokenTemplate([.. parts.AddedTokens.Where(token => token.Content == family.Begin).Select(token => token.Id).Take(1)], []),
            Normalizer = family.Composes ? new UnicodeNormalizer(compatible: false, compose: true) : null,
        };
    });

    /// <summary>Makes a tokenizer of a list.</summary>
    /// <param name="vocabulary">The tokens in <see cref="ByteLevelAlphabet"/>; the id is also the rank, the lowest of which merges first.</param>
    /// <param name="pattern">How text is cut into words.</param>
    /// <param name="added">The special tokens.</param>
    public static TokenizerParts Build(Vocabulary vocabulary, string pattern, IReadOnlyList<AddedToken> added) => new()
    {
        Vocabulary = vocabulary,
        Model = new ByteLevelBpe(vocabulary, Merges(vocabulary), ignoreMerges: true, unknownId: null, fuseUnknown: false),
        Decoder = new TokenDecoder([new ByteLevelStep()]),
        AddedTokens = added,
        Cutters = [Cutters.ForPattern(pattern, SplitBehavior.Removed, invert: true)],
    };

    // Any two neighbours that make a token may merge: so every way to cut a token in two is a merge.
    private static MergeTable Merges(Vocabulary vocabulary)
    {
        var merges = new List<(int Left, int Right, int Id)>(vocabulary.Count * 2);
        for (var number = 0; number < vocabulary.Count; number++)
        {
            var token = vocabulary.Token(number);
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (vocabulary.TryGetValue(token[..cut], out var left) && vocabulary.TryGetValue(token[cut..], out var right))
                    merges.Add((left, right, vocabulary.Id(number)));
            }

            ModelReader.CheckMerges(merges.Count);
        }

        var table = new MergeTable(merges.Count);
        foreach (var (left, right, id) in merges)
            table.Add(left, right, id, id);
        return table;
    }

    private static Vocabulary Read(string path)
    {
        var vocabulary = new Vocabulary();
        ReadOnlySpan<byte> rest = JsonDocumentFile.ReadBytes(path, JsonDocumentFile.MaxTokenizerBytes);
        for (var line = 1; !rest.IsEmpty; line++)
        {
            var end = rest.IndexOf((byte)'\n');
            var text = (end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r');
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (text.IsEmpty)
                continue;
            if (!TryParse(text, out var token, out var rank) || rank is < 0 or > TokenizerFile.LargestId || token.Length > LongestToken)
                throw new ModelTextException($"line {line} is not a token in base 64 and its rank.");
            if (vocabulary.Count >= ModelReader.MostEntries)
                throw new ModelTextException($"the list has more than {ModelReader.MostEntries} tokens.");
            vocabulary.Set(string.Concat(token.Select(ByteLevelAlphabet.ToCharacter)), rank);
        }

        return vocabulary;
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out byte[] token, out int rank)
    {
        token = [];
        rank = 0;
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end].TrimEnd((byte)'\r');
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || !Utf8Parser.TryParse(line[(space + 1)..], out rank, out var used) || used != line.Length - space - 1)
            return false;
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(space)];
        if (Base64.DecodeFromUtf8(line[..space], bytes, out _, out var written) != System.Buffers.OperationStatus.Done)
            return false;
        token = bytes[..written];
        return true;
    }
}
