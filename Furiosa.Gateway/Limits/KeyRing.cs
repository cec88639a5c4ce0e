using System.Security.Cryptography;
using System.Text;

namespace Furiosa.Gateway.Limits;

/// <summary>The keys that are accepted. Comparing takes the same time whatever is wrong with the key shown. Thread-safe; can be replaced.</summary>
internal sealed class KeyRing
{
    private const string Scheme = "Bearer ";
    private volatile (byte[] Digest, ClientKey Key)[] _keys = [];

    public KeyRing(IEnumerable<ClientKey> keys) => Replace(keys);

    /// <summary>Whether everybody may call.</summary>
    public bool IsOpen => _keys.Length == 0;

    public void Replace(IEnumerable<ClientKey> keys) => _keys = [.. keys.Select(key => (Digest(key.Secret), key))];

    /// <summary>All keys.</summary>
    public IEnumerable<ClientKey> All => _keys.Select(one => one.Key);

    /// <summary>The key that an <c>Authorization</c> header shows; null for none of these.</summary>
    public ClientKey? Find(string header)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var shown = Digest(header[Scheme.Length..].Trim());
        ClientKey? found = null;
        foreach (var (digest, key) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(digest, shown)) found = key;
        }
        return found;
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
