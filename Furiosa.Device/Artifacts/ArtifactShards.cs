using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Furiosa.Device.Kernels;
using Furiosa.Device.Loading;

namespace Furiosa.Device.Artifacts;

/// <summary>Writes packed matrices, one after the other on borders of 64 bytes, into shards of bounded size.</summary>
internal sealed unsafe class ArtifactShards(string directory, long shardBytes) : IDisposable
{
    private const int Alignment = 64;
    private readonly Dictionary<string, (PackedEntry Entry, string Digest)> _entries = new(StringComparer.Ordinal);
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly HashSet<string> _packed = new(StringComparer.Ordinal);
    private FileStream? _shard;
    private int _shards;

    /// <summary>Tensors that matrices were made of.</summary>
    public IReadOnlySet<string> PackedTensors => _packed;

    /// <summary>Bytes written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes a matrix.</summary>
    /// <exception cref="InvalidOperationException">Another matrix is made of the same rows.</exception>
    public void Add(PackedMatrix matrix, ReadOnlySpan<WeightRows> sources, int firstInput)
    {
        var key = PackedEntry.KeyOf(sources, firstInput, matrix.ChunkStarts);
        foreach (var source in sources) _packed.Add(source.Tensor.Name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ForEachPart(matrix, hash.AppendData);
        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (_entries.TryGetValue(key, out var known))
        {
            if (known.Digest != digest) throw new InvalidOperationException($"Two different matrices are made of {key}.");
            return;
        }

        if (_shard is null || _shard.Position >= shardBytes) NextShard();
        var entry = new PackedEntry(_shards - 1, _shard!.Position, matrix.Form);
        ForEachPart(matrix, _shard.Write);
        while (_shard.Position % Alignment != 0) _shard.WriteByte(0);
        Bytes += matrix.Bytes;
        _entries.Add(key, (entry, digest));
        _digest.AppendData(Encoding.UTF8.GetBytes(key + digest));
    }

    /// <summary>Writes the list of all matrices and of the tensors that they were made of.</summary>
    /// <param name="tensors">Name, dtype and shape of each.</param>
    /// <returns>A digest of all of them.</returns>
    public string Finish(JsonObject tensors)
    {
        _shard?.Dispose();
        _shard = null;
        var matrices = new JsonObject();
        foreach (var (key, (entry, _)) in _entries) matrices[key] = entry.ToJson();
        var list = new JsonObject { ["shards"] = _shards, ["matrices"] = matrices, ["tensors"] = tensors };
        File.WriteAllText(Path.Combine(directory, PackedStore.ListFile), list.ToJsonString());
        return Convert.ToHexStringLower(_digest.GetHashAndReset());
    }

    public void Dispose()
    {
        _shard?.Dispose();
        _digest.Dispose();
    }

    private void NextShard()
    {
        _shard?.Dispose();
        _shard = new FileStream(Path.Combine(directory, PackedStore.ShardName(_shards++)), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
    }

    private static void ForEachPart(PackedMatrix matrix, Action<ReadOnlySpan<byte>> take)
    {
        const int part = 1 << 24;
        byte* data = matrix.Panel(0);
        for (var at = 0L; at < matrix.Bytes; at += part) take(new ReadOnlySpan<byte>(data + at, (int)Math.Min(part, matrix.Bytes - at)));
    }
}
