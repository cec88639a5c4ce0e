using System.Buffers;
using System.Text;

namespace Furiosa.Gateway.Text.Tokenizers.Models;

/// <summary>The most probable way to write a piece with the vocabulary (SentencePiece's Unigram: T5, XLM-R, Gemma's predecessors).</summary>
internal sealed class UnigramModel : SubwordModel
{
    private const double UnknownPenalty = 10;

    private readonly TextTrie _trie;
    private readonly double[] _scores;
    private readonly int? _unknownId;
    private readonly double _unknownScore;
    private readonly ByteTokens? _bytes;

    /// <param name="pieces">The tokens in the order of their ids, with the logarithm of their probability.</param>
    /// <param name="unknownId">The token for what the vocabulary cannot write; null where there is none.</param>
    /// <param name="byteFallback">Whether such text becomes its UTF-8 bytes instead.</param>
    public UnigramModel(IReadOnlyList<(string Text, double Score)> pieces, int? unknownId, bool byteFallback)
    {
        _trie = new TextTrie(pieces.Count * 4);
        _scores = new double[pieces.Count];
        _unknownId = unknownId;
        var least = double.PositiveInfinity;
        var vocabulary = new Vocabulary();
        for (var id = 0; id < pieces.Count; id++)
        {
            var (text, score) = pieces[id];
            _scores[id] = score;
            least = Math.Min(least, score);
            if (text.Length > 0)
                _trie.Add(text, id);
            if (byteFallback && ByteTokens.Parse(text) != null)
                vocabulary.Set(text, id);
        }

        _unknownScore = least - UnknownPenalty;
        _bytes = byteFallback ? new ByteTokens(vocabulary) : null;
    }

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<char> piece, List<int> ids)
    {
        var scores = ArrayPool<double>.Shared.Rent(piece.Length + 1);
        var starts = ArrayPool<int>.Shared.Rent(piece.Length + 1);
        var tokens = ArrayPool<int>.Shared.Rent(piece.Length + 1);
        try
        {
            FindPath(piece, scores, starts, tokens);
            WritePath(piece, starts, tokens, ids);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
            ArrayPool<int>.Shared.Return(starts);
            ArrayPool<int>.Shared.Return(tokens);
        }
    }

    // For each end, the best last token (-1 for an unknown character) and where it begins. Of equal ways the one found first, from the left, stays.
    private void FindPath(ReadOnlySpan<char> piece, double[] scores, int[] starts, int[] tokens)
    {
        Array.Fill(starts, -1, 0, piece.Length + 1);
        scores[0] = 0;
        for (int start = 0, width; start < piece.Length; start += width)
        {
            width = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            var hasCharacter = false;
            for (int node = 0, end = start; end < piece.Length;)
            {
                node = _trie.Next(node, piece[end++]);
                if (node < 0)
                    break;
                if (_trie.ValueAt(node) is not (>= 0 and var id))
                    continue;
                Offer(end, id, _scores[id] + scores[start]);
                hasCharacter |= end - start == width;
            }

            if (!hasCharacter)
                Offer(start + width, -1, _unknownScore + scores[start]);

            void Offer(int end, int id, double score)
            {
                if (starts[end] >= 0 && score <= scores[end])
                    return;
                (scores[end], starts[end], tokens[end]) = (score, start, id);
            }
        }
    }

    private void WritePath(ReadOnlySpan<char> piece, int[] starts, int[] tokens, List<int> ids)
    {
        var first = ids.Count;
        for (var end = piece.Length; end > 0;)
        {
            var start = starts[end];
            if (tokens[end] >= 0)
            {
                ids.Add(tokens[end]);
                end = start;
                continue;
            }

            // Neighbouring unknown characters are one.
            while (start > 0 && tokens[start] < 0)
                start = starts[start];
            AddUnknown(piece[start..end], ids);
            end = start;
        }

        ids.Reverse(first, ids.Count - first);
    }

    private void AddUnknown(ReadOnlySpan<char> text, List<int> ids)
    {
        var at = ids.Count;
        if (_bytes != null && _bytes.TryAdd(Encoding.UTF8.GetBytes(text.ToString()), ids))
            ids.Reverse(at, ids.Count - at);
        else
            ids.Add(_unknownId ?? throw new ModelTextException("the text has a character that the tokenizer's vocabulary cannot write, and it has no unknown token (unk_id)."));
    }
}
