using System.Collections.Frozen;

namespace Furiosa.Device.Loading;

/// <summary>
/// A safetensors file, memory-mapped read-only: eight bytes of header length (little-endian), a JSON header, then the tensors' bytes.
/// The header is checked completely before anything is handed out.
/// </summary>
internal sealed class SafetensorsFile : IWeightFile
{
    private readonly MappedFile _file;

    private SafetensorsFile(MappedFile file, SafetensorsHeader header)
    {
        _file = file;
        Metadata = header.Metadata;
        Tensors = header.Tensors
            .Select(entry => new TensorView(file, entry.Name, entry.Type, entry.Shape, header.DataStart + entry.Begin, entry.End - entry.Begin))
            .ToFrozenDictionary(view => view.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>The free texts of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <inheritdoc/>
    public IEnumerable<MappedFile> Packable => [_file];

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is missing, truncated or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        var (file, header) = MappedFile.Open(path, stream => SafetensorsHeader.Read(path, stream));
        return new SafetensorsFile(file, header);
    }

    /// <inheritdoc/>
    public void EnsureUnchanged() => _file.EnsureUnchanged();

    /// <summary>Unmaps the file; every view and pointer into it is invalid from then on.</summary>
    public void Dispose() => _file.Dispose();
}
