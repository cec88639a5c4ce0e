using Furiosa.Gateway.Text.Tokenizers.Files;

namespace Furiosa.Gateway.Text.Gguf;

/// <summary>
/// The merges behind SentencePiece's scores: any two pieces that make a third may merge, the third with the best score first; of equal
/// ones the pair with the lower ids.
/// </summary>
internal static class SentencePieceMerges
{
    private const int LongestPiece = 256; // real ones have at most some dozens of characters; each place in one may be a merge

    /// <param name="pieces">A piece for each id; empty for what takes no part.</param>
    /// <param name="scores">A score for each id.</param>
    /// <exception cref="ModelTextException">The pieces make too many.</exception>
    public static List<(string Left, string Right)> Of(IReadOnlyList<string> pieces, IReadOnlyList<double> scores)
    {
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        for (var id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Length > 0) ids.TryAdd(pieces[id], id);
        }

        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int Left, int Right, double Score)>();
        for (var id = 0; id < pieces.Count; id++)
        {
            var piece = pieces[id];
            if (piece.Length is < 2 or > LongestPiece) continue;
            for (var cut = 1; cut < piece.Length; cut++)
            {
                if (char.IsLowSurrogate(piece[cut])) continue;
                if (lookup.TryGetValue(piece.AsSpan(0, cut), out var left) && lookup.TryGetValue(piece.AsSpan(cut), out var right))
                    merges.Add((left, right, scores[id]));
            }

            ModelReader.CheckMerges(merges.Count);
        }

        return [.. merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Left).ThenBy(merge => merge.Right).Select(merge => (pieces[merge.Left], pieces[merge.Right]))];
    }
}
