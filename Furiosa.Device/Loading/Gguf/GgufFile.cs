using System.Globalization;
using System.Text.RegularExpressions;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>A GGUF model: one file, or the parts of a split one, memory-mapped. The headers are checked completely before anything is handed out.</summary>
internal sealed partial class GgufFile : IWeightFile
{
    private const int MostParts = 10_000;

    private readonly List<MappedFile> _files = [];
    private readonly Dictionary<string, TensorView> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GgufTensorType> _types = new(StringComparer.Ordinal);

    private GgufFile(GgufMetadata metadata) => Metadata = metadata;

    /// <summary>The first part's keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>All tensors under the names that the file gives them, outermost dimension first.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors => _tensors;

    /// <summary>How each tensor is stored.</summary>
    public IReadOnlyDictionary<string, GgufTensorType> Types => _types;

    /// <inheritdoc/>
    public IEnumerable<MappedFile> Packable => _files;

    /// <summary>Whether a path names a GGUF file that is there.</summary>
    public static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    /// <summary>Reads the keys and values alone.</summary>
    /// <exception cref="ModelFormatException">The file is missing, truncated or malformed.</exception>
    public static GgufMetadata ReadMetadata(string path)
    {
        var first = PathOfPart(path, 1, out _);
        var (file, header) = MappedFile.Open(first, stream => GgufHeader.Read(first, stream));
        file.Dispose();
        return new GgufMetadata(first, header.Values);
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The file, or any part of a split one.</param>
    /// <param name="progress">Called after each part.</param>
    /// <exception cref="ModelFormatException">A part is missing, truncated or malformed.</exception>
    public static GgufFile Open(string path, Action<ShardProgress>? progress = null)
    {
        var first = PathOfPart(path, 1, out var parts);
        var (file, header) = MappedFile.Open(first, stream => GgufHeader.Read(first, stream));
        var model = new GgufFile(new GgufMetadata(first, header.Values));
        try
        {
            parts = Math.Max(1, model.CheckParts(parts));
            model.Add(file, header, parts, progress);
            for (var part = 2; part <= parts; part++)
            {
                var next = PathOfPart(path, part, out _);
                var opened = MappedFile.Open(next, stream => GgufHeader.Read(next, stream));
                model.Add(opened.File, opened.Header, parts, progress);
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void EnsureUnchanged()
    {
        foreach (var file in _files) file.EnsureUnchanged();
    }

    /// <summary>Unmaps all parts.</summary>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private int CheckParts(int named)
    {
        var told = Metadata.Integer("split.count") ?? 0;
        if (told is < 0 or > MostParts) throw Metadata.Fault("split.count", $"is {told}", $"it must be from 0 to {MostParts}");
        if (told > 1 && told != named)
            throw Metadata.Fault("split.count", $"is {told}", $"the file's name must end in -00001-of-{told.ToString("D5", CultureInfo.InvariantCulture)}.gguf, with the other parts beside it");
        return told > 1 ? (int)told : 1;
    }

    private void Add(MappedFile file, GgufHeader header, int parts, Action<ShardProgress>? progress)
    {
        _files.Add(file);
        foreach (var entry in header.Tensors)
        {
            var start = header.DataStart + entry.Begin;
            var view = entry.Type.Plain() is { } plain
                ? new TensorView(file, entry.Name, plain, entry.Shape, start, entry.Bytes)
                : new TensorView(file.Path, entry.Name, TensorType.F32, entry.Shape, entry.Bytes, new GgufRows(file, start, entry.Shape[^1], entry.Type));
            if (!_tensors.TryAdd(entry.Name, view))
                throw new ModelFormatException(file.Path, $"tensor '{entry.Name}'", "is in another part too", "each may come once");
            _types.Add(entry.Name, entry.Type);
        }

        progress?.Invoke(new ShardProgress(Path.GetFileName(file.Path), _files.Count, parts, header.Tensors.Sum(entry => entry.Bytes)));
    }

    private static string PathOfPart(string path, int part, out int parts)
    {
        var match = PartOfMany().Match(path);
        parts = 1;
        if (!match.Success || !int.TryParse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture, out parts) || parts > MostParts) return path;
        var number = match.Groups["number"];
        return string.Concat(path.AsSpan(0, number.Index), part.ToString("D5", CultureInfo.InvariantCulture), path.AsSpan(number.Index + number.Length));
    }

    [GeneratedRegex(@"-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex PartOfMany();
}
