using System.Collections.Immutable;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>The header of a GGUF file, read and checked as input from a stranger: keys and values, then what tensors there are and where.</summary>
internal sealed class GgufHeader
{
    private const uint Magic = 0x46554747; // "GGUF"
    private const int MostDimensions = 4;
    private const int LongestName = 1024;
    private const string AlignmentKey = "general.alignment";

    private readonly string _path;

    private GgufHeader(string path) => _path = path;

    /// <summary>A tensor: its shape is outermost first, unlike in the file.</summary>
    public sealed record Entry(string Name, GgufTensorType Type, ImmutableArray<long> Shape, long Begin, long Bytes);

    public int Version { get; private set; }

    public Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    public List<Entry> Tensors { get; } = [];

    /// <summary>Offset in the file of the first byte of the tensors.</summary>
    public long DataStart { get; private set; }

    public static GgufHeader Read(string path, Stream stream)
    {
        var header = new GgufHeader(path);
        var reader = new GgufReader(path, stream);
        if (stream.Length < 24 || reader.U32() != Magic)
            throw header.Fault(null, "does not begin with GGUF", "give a GGUF file, or the directory of a Hugging Face model");
        header.ReadVersion(reader);
        var tensors = reader.Count("the tensors", 24);
        var values = reader.Count("the metadata values", 13);
        for (var i = 0; i < values; i++)
        {
            var key = reader.Text("a metadata key", LongestName);
            if (!header.Values.TryAdd(key, reader.Value($"metadata '{key}'"))) throw header.Fault($"metadata '{key}'", "comes twice", "each key may come once");
        }

        for (var i = 0; i < tensors; i++) header.Tensors.Add(header.ReadTensor(reader));
        header.Place(reader.Position, stream.Length);
        return header;
    }

    private void ReadVersion(GgufReader reader)
    {
        var version = reader.U32();
        if (version is 2 or 3)
        {
            Version = (int)version;
            return;
        }

        var swapped = (version & 0xFFFF) == 0;
        throw Fault(null, swapped ? "is in big-endian byte order" : $"has version {version}", swapped ? "convert it for little-endian machines" : "versions 2 and 3 are read: convert it again with a current llama.cpp");
    }

    private Entry ReadTensor(GgufReader reader)
    {
        var name = reader.Text("a tensor's name", LongestName);
        var dimensions = reader.U32();
        if (dimensions > MostDimensions) throw Fault(Tensor(name), $"has {dimensions} dimensions", $"at most {MostDimensions} are allowed");
        var sizes = new long[dimensions];
        for (var i = 0; i < sizes.Length; i++)
        {
            var size = reader.U64();
            if (size is 0 or > long.MaxValue) throw Fault(Tensor(name), $"has a dimension of {size:N0}", "dimensions must be from 1 to 2^63 - 1");
            sizes[i] = (long)size;
        }

        var type = reader.U32();
        if (!Enum.IsDefined((GgufTensorType)type))
            throw Fault(Tensor(name), $"has the type {GgufTensorTypes.NameOf((int)Math.Min(type, int.MaxValue))}", $"readable are {GgufTensorTypes.Names}: quantise the model to one of them");
        var offset = reader.U64();
        if (offset > long.MaxValue) throw Fault(Tensor(name), $"begins at byte {offset:N0}", "the file is damaged");
        return new Entry(name, (GgufTensorType)type, [.. sizes.Reverse()], (long)offset, Bytes(name, (GgufTensorType)type, sizes));
    }

    private long Bytes(string name, GgufTensorType type, long[] sizes)
    {
        var (elements, bytes) = type.Block();
        var row = sizes.Length == 0 ? 1 : sizes[0];
        if (row % elements != 0) throw Fault(Tensor(name), $"has rows of {row:N0}", $"rows of {type} must be multiples of {elements}");
        try
        {
            return sizes.Skip(1).Aggregate(checked(row / elements * bytes), (product, size) => checked(product * size));
        }
        catch (OverflowException error)
        {
            throw new ModelFormatException(_path, Tensor(name), $"has the dimensions [{string.Join(", ", sizes)}]", "its size in bytes must fit 63 bits", error);
        }
    }

    private void Place(long headerEnd, long fileLength)
    {
        var alignment = Values.GetValueOrDefault(AlignmentKey) switch
        {
            null => 32,
            long given when given is >= 1 and <= 1 << 20 && (given & (given - 1)) == 0 => given,
            var other => throw Fault($"metadata '{AlignmentKey}'", $"is {other}", "it must be a power of two up to 1,048,576"),
        };
        DataStart = (headerEnd + alignment - 1) / alignment * alignment;
        var dataBytes = Math.Max(0, fileLength - DataStart);
        Entry? before = null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Tensors.OrderBy(entry => entry.Begin).ThenBy(entry => entry.Bytes))
        {
            if (!names.Add(entry.Name)) throw Fault(Tensor(entry.Name), "comes twice", "each name may come once");
            if (entry.Begin % alignment != 0) throw Fault(Tensor(entry.Name), $"begins at byte {entry.Begin:N0}", $"tensors must begin at multiples of {alignment}");
            if (entry.Begin > dataBytes || entry.Bytes > dataBytes - entry.Begin)
                throw Fault(Tensor(entry.Name), $"takes {entry.Bytes:N0} bytes from byte {entry.Begin:N0} of the data, of which the file has {dataBytes:N0}", "the file is truncated: fetch it again");
            if (before is not null && entry.Begin < before.Begin + before.Bytes)
                throw Fault(Tensor(entry.Name), $"begins at byte {entry.Begin:N0} of the data", $"tensor '{before.Name}' ends at {before.Begin + before.Bytes:N0}: tensors must not overlap");
            before = entry;
        }
    }

    private static string Tensor(string name) => $"tensor '{name}'";

    private ModelFormatException Fault(string? item, string problem, string remedy) => new(_path, item, problem, remedy);
}
