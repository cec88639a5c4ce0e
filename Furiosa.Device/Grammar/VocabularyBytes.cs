using System.Buffers;

namespace Furiosa.Device.Grammar;

/// <summary>What each token of a vocabulary stands for, end to end in one array: a hundred thousand tokens have a few bytes each. Immutable.</summary>
internal sealed class VocabularyBytes
{
    private const int UsualBytes = 8;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int[] _ends;

    /// <summary>Copies a vocabulary.</summary>
    /// <param name="tokens">For each id its bytes.</param>
    /// <param name="longest">Longer tokens are kept as empty ones.</param>
    public VocabularyBytes(IReadOnlyList<byte[]> tokens, int longest = int.MaxValue)
    {
        _ends = new int[tokens.Count];
        var bytes = new ArrayBufferWriter<byte>(UsualBytes * (tokens.Count + 1));
        for (var id = 0; id < _ends.Length; id++)
        {
            var token = tokens[id];
            if (token.Length <= longest) bytes.Write(token);
            _ends[id] = bytes.WrittenCount;
        }

        _bytes = bytes.WrittenMemory;
    }

    /// <summary>Number of ids.</summary>
    public int Count => _ends.Length;

    /// <summary>The bytes of one id.</summary>
    public ReadOnlySpan<byte> this[int id] => _bytes.Span[(id == 0 ? 0 : _ends[id - 1]).._ends[id]];
}
