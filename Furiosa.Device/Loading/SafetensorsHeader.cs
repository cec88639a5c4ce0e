using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

namespace Furiosa.Device.Loading;

/// <summary>The header of a safetensors file, read and checked as input from a stranger.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header accepted, the bound of the format's reference implementation.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const string MetadataKey = "__metadata__";

    private readonly string _path;

    private SafetensorsHeader(string path) => _path = path;

    public sealed record Entry(string Name, TensorType Type, ImmutableArray<long> Shape, long Begin, long End);

    /// <summary>Offset in the file of the first byte after the header.</summary>
    public long DataStart { get; private set; }

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The tensors in the order of their bytes.</summary>
    public List<Entry> Tensors { get; } = [];

    public static SafetensorsHeader Read(string path, Stream stream)
    {
        var header = new SafetensorsHeader(path);
        var root = JsonDocumentFile.ParseObject(path, header.ReadText(stream), allowDuplicates: false);
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey)) header.ReadMetadata(property.Value);
            else header.Tensors.Add(header.ReadEntry(property.Name, property.Value));
        }

        header.Tensors.Sort(static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        header.CheckLayout(stream.Length - header.DataStart);
        return header;
    }

    private byte[] ReadText(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        if (stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
            throw Fault(null, $"has {stream.Length} bytes", "a safetensors file begins with eight bytes of header length: the file is truncated or of another kind");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderBytes)
            throw Fault(null, $"claims a header of {length:N0} bytes", $"at most {MaxHeaderBytes:N0} are allowed: the file is not safetensors or is damaged");
        if (length > (ulong)(stream.Length - prefix.Length))
            throw Fault(null, $"claims a header of {length:N0} bytes but has only {stream.Length - prefix.Length:N0} after the length", "the file is truncated: fetch it again");
        var text = new byte[length];
        stream.ReadExactly(text);
        DataStart = prefix.Length + (long)length;
        return text;
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault(MetadataKey, $"is {JsonFields.Show(value)}", "it must be an object of texts");
        var problems = new List<string>();
        var fields = new JsonFields(value, problems);
        foreach (var item in value.EnumerateObject())
        {
            Metadata[item.Name] = fields.Text(item.Name) ?? throw Fault(MetadataKey, $"holds {JsonFields.Show(item.Value)}", "every value in it must be a text");
        }
    }

    private Entry ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault(name, $"is {JsonFields.Show(value)}", "it must be an object with dtype, shape and data_offsets");
        var problems = new List<string>();
        var typeName = new JsonFields(value, problems).Text("dtype");
        if (problems.Count > 0 || typeName is null) throw Fault(name, "has no dtype text", $"it must be one of {TensorTypes.Names}");
        if (!TensorTypes.TryParse(typeName, out var type)) throw Fault(name, $"has unknown dtype {typeName}", $"it must be one of {TensorTypes.Names}");

        var shape = Integers(name, value, "shape");
        var offsets = Integers(name, value, "data_offsets");
        if (offsets.Length != 2 || offsets[1] < offsets[0]) throw Fault(name, $"has data_offsets [{string.Join(", ", offsets)}]", "they must be a begin and an end that is not smaller");

        long bytes = type.Size();
        try
        {
            foreach (var dimension in shape) bytes = checked(bytes * dimension);
        }
        catch (OverflowException error)
        {
            throw Fault(name, $"has shape [{string.Join(", ", shape)}]", "its size in bytes must fit 63 bits", error);
        }

        if (bytes != offsets[1] - offsets[0])
            throw Fault(name, $"has {offsets[1] - offsets[0]:N0} bytes of data", $"shape [{string.Join(", ", shape)}] of {typeName} needs {bytes:N0}");
        return new Entry(name, type, shape, offsets[0], offsets[1]);
    }

    private ImmutableArray<long> Integers(string name, JsonElement entry, string key)
    {
        const int mostDimensions = 16;
        if (!entry.TryGetProperty(key, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > mostDimensions)
            throw Fault(name, $"has no usable {key}", $"it must be a list of at most {mostDimensions} whole numbers");
        var numbers = ImmutableArray.CreateBuilder<long>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0)
                throw Fault(name, $"has {JsonFields.Show(item)} in {key}", "only whole numbers from 0 up are allowed");
            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    // The format demands that the tensors cover the rest of the file without overlap, holes or a tail.
    private void CheckLayout(long dataBytes)
    {
        var position = 0L;
        foreach (var entry in Tensors)
        {
            if (entry.End > dataBytes)
                throw Fault(entry.Name, $"ends at byte {entry.End:N0} of the data, of which the file has {dataBytes:N0}", "the file is truncated: fetch it again");
            if (entry.Begin < position) throw Fault(entry.Name, $"begins at byte {entry.Begin:N0}", $"the tensor before it ends at {position:N0}: tensors must not overlap");
            if (entry.Begin > position) throw Fault(entry.Name, $"begins at byte {entry.Begin:N0}", $"the tensor before it ends at {position:N0}: the data must have no holes");
            position = entry.End;
        }

        if (position != dataBytes) throw Fault(null, $"has {dataBytes - position:N0} bytes after the last tensor", "the header must account for the whole file: it is damaged");
    }

    private ModelFormatException Fault(string? tensor, string problem, string remedy, Exception? inner = null) =>
        new(_path, tensor is null ? null : $"tensor '{tensor}'", problem, remedy, inner);
}
