using System.Security.Cryptography;
using System.Text;

namespace Furiosa.Gateway.Hub;

/// <summary>The checksum that a file's ETag is: SHA-256 (64 digits), or git's SHA-1 of "blob", the length and the content (40 digits); others are not checked.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly string _etag;
    private readonly IncrementalHash? _hash;

    public ContentHash(string etag, long size)
    {
        _etag = etag;
        var isHex = etag.All(char.IsAsciiHexDigit);
        _hash = isHex && etag.Length == 64 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256)
            : isHex && etag.Length == 40 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;
        if (etag.Length == 40) _hash?.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash?.AppendData(bytes);

    /// <summary>Whether what was appended is the content that is meant.</summary>
    public bool Matches() => _hash is null || Convert.ToHexString(_hash.GetHashAndReset()).Equals(_etag, StringComparison.OrdinalIgnoreCase);

    public void Dispose() => _hash?.Dispose();
}
