using System.Text.RegularExpressions;
using Furiosa.Gateway.Text.Tokenizers.Cutting;
using Furiosa.Gateway.Text.Tokenizers.Decoding;
using Furiosa.Gateway.Text.Tokenizers.Models;
using Furiosa.Gateway.Text.Tokenizers.Normalizing;
using Microsoft.ML.Tokenizers;

namespace Furiosa.Gateway.Text.Tokenizers.Files;

/// <summary>Makes a tokenizer of a SentencePiece model's pieces, wherever they come from.</summary>
internal static partial class SentencePieceBuilder
{
    private const char Mark = '\u2581';
    private const int MostPieceCharacters = 4096;

    /// <summary>The tokenizer's parts; the template is left to the caller.</summary>
    /// <param name="pieces">The pieces in the order of their ids.</param>
    /// <param name="settings">How text is treated.</param>
    /// <param name="more">Added tokens that are not among the pieces, or that have other flags.</param>
    /// <exception cref="ModelTextException">The pieces cannot be used.</exception>
    public static TokenizerParts Build(IReadOnlyList<SentencePiece> pieces, SentencePieceSettings settings, IReadOnlyList<AddedToken>? more = null)
    {
        if (pieces.Count is 0 or > ModelReader.MostEntries)
            throw new ModelTextException($"the model has {pieces.Count} pieces; 1 to {ModelReader.MostEntries} are possible.");
        var vocabulary = new Vocabulary(pieces.Count);
        int? unknown = null;
        for (var id = 0; id < pieces.Count; id++)
        {
            vocabulary.TryAdd(pieces[id].Text, id);
            if (pieces[id].Kind == PieceKind.Unknown)
                unknown ??= id;
        }

        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Model = settings.IsUnigram ? Unigram(pieces, unknown, settings) : Bpe(pieces, vocabulary, unknown, settings),
            Decoder = TokenDecoder.ForPieces(settings.AddPrefixSpace),
            AddedTokens = Added(pieces, more ?? []),
            Normalizer = Normalizer(settings),
            Cutters = settings is { AddPrefixSpace: true, PrefixFirstOnly: true } ? [new MetaspaceCutter(Mark, PrependScheme.First, split: false)] : [],
        };
    }

    private static UnigramModel Unigram(IReadOnlyList<SentencePiece> pieces, int? unknown, SentencePieceSettings settings) =>
        new([.. pieces.Select(piece => (piece.Kind is PieceKind.Normal or PieceKind.UserDefined || ByteTokens.Parse(piece.Text) != null ? piece.Text : "", (double)piece.Score))], unknown, settings.ByteFallback);

    // Any two neighbours that make a piece may merge, the piece of the highest score first: so every way to cut a piece in two is a merge.
    private static CharacterBpe Bpe(IReadOnlyList<SentencePiece> pieces, Vocabulary vocabulary, int? unknown, SentencePieceSettings settings)
    {
        var order = Enumerable.Range(0, pieces.Count).Where(id => pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined && pieces[id].Text.Length > 1)
            .OrderByDescending(id => pieces[id].Score).ThenBy(id => id).ToList();
        var merges = new List<(int Left, int Right, int Rank, int Id)>(order.Count * 2);
        for (var rank = 0; rank < order.Count; rank++)
        {
            var text = pieces[order[rank]].Text.AsSpan();
            if (text.Length > MostPieceCharacters)
                throw new ModelTextException($"the piece {order[rank]} has more than {MostPieceCharacters} characters.");
            for (var cut = 1; cut < text.Length; cut++)
            {
                if (vocabulary.TryGetValue(text[..cut], out var left) && vocabulary.TryGetValue(text[cut..], out var right))
                    merges.Add((left, right, rank, order[rank]));
            }

            ModelReader.CheckMerges(merges.Count);
        }

        var table = new MergeTable(merges.Count);
        foreach (var (left, right, rank, id) in merges)
            table.Add(left, right, rank, id);
        return new CharacterBpe(vocabulary, table, new BpeSettings { UnknownId = unknown, FuseUnknown = true, ByteFallback = settings.ByteFallback });
    }

    private static List<AddedToken> Added(IReadOnlyList<SentencePiece> pieces, IReadOnlyList<AddedToken> more)
    {
        var named = more.Select(token => token.Id).ToHashSet();
        var added = new List<AddedToken>(more);
        for (var id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Kind is PieceKind.Unknown or PieceKind.Control or PieceKind.UserDefined && !named.Contains(id))
                added.Add(new AddedToken(id, pieces[id].Text, SingleWord: false, LeftStrip: false, RightStrip: false, Normalized: false, Special: pieces[id].Kind != PieceKind.UserDefined));
        }

        return added;
    }

    private static SequenceNormalizer Normalizer(SentencePieceSettings settings)
    {
        var parts = new List<Normalizer>();
        if (settings.CharsMap.Length > 0)
            parts.Add(CharsMapNormalizer.Make(settings.CharsMap));
        if (settings.RemoveExtraSpaces)
            parts.Add(new FunctionNormalizer(text => Spaces().Replace(text.Trim(' '), " ")));
        if (settings is { AddPrefixSpace: true, PrefixFirstOnly: false })
            parts.Add(new FunctionNormalizer(text => text.Length == 0 ? text : Mark + text));
        parts.Add(new FunctionNormalizer(text => text.Replace(' ', Mark)));
        return new SequenceNormalizer(parts);
    }

    [GeneratedRegex(" {2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
