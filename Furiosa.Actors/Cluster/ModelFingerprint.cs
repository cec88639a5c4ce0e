using System.Security.Cryptography;
using System.Text;
using Furiosa.Actors.Hosting;
using Furiosa.Device.Kv;
using Furiosa.Device.Loading;

namespace Furiosa.Actors.Cluster;

/// <summary>Names what a node serves, so that nodes which differ are told apart before they work together.</summary>
internal static class ModelFingerprint
{
    private const int Probes = 64;
    private const int ProbeBytes = 4096;

    /// <summary>
    /// Everything that the bytes of an answer depend on and that a gateway without weights knows too: configuration, tokenizer, version
    /// and how the model is served.
    /// </summary>
    /// <param name="options">How the model is served.</param>
    /// <param name="maxModelLen">Longest sequence served, which rotary factors may depend on.</param>
    public static string Of(RuntimeOptions options, int maxModelLen)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in (string[])[ModelDirectory.ConfigFile, "tokenizer.json"])
        {
            var path = Path.Combine(options.ModelDirectory, name);
            if (File.Exists(path)) hash.AppendData(File.ReadAllBytes(path));
        }
        var cache = KvCacheDtypes.Parse(options.KvCacheDtype);
        var version = typeof(ModelFingerprint).Assembly.GetName().Version;
        hash.AppendData(Encoding.UTF8.GetBytes($"|{version}|{options.Dtype}|{options.Quantization}|{options.Bf16Products}|{options.RopeFrequencies}|{cache}|{maxModelLen}"));
        return $"model {Short(hash)} (dtype {options.Dtype}, quantization {options.Quantization}, BF16 products {options.Bf16Products}, KV cache {cache.ToString().ToLowerInvariant()}, up to {maxModelLen} tokens)";
    }

    /// <summary>
    /// The weights, by the sizes of their files and by samples of what is in them: reading all of a large model would take minutes, and
    /// models that are not the same differ almost everywhere.
    /// </summary>
    public static string OfWeights(string directory)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ProbeBytes];
        foreach (var path in Directory.EnumerateFiles(directory, "*.safetensors").Order(StringComparer.Ordinal))
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            hash.AppendData(Encoding.UTF8.GetBytes($"|{Path.GetFileName(path)}|{length}|"));
            for (var probe = 0; probe < Probes; probe++)
            {
                var read = RandomAccess.Read(file, buffer, Math.Max(0, length - ProbeBytes) / (Probes - 1) * probe);
                hash.AppendData(buffer.AsSpan(0, read));
            }
        }
        return $"weights {Short(hash)}";
    }

    private static string Short(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
}
