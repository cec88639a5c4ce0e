using System.Collections.Frozen;
using System.IO.MemoryMappedFiles;

namespace Furiosa.Device.Loading;

/// <summary>
/// A safetensors file, memory-mapped read-only: eight bytes of header length (little-endian), a JSON header, then the tensors' bytes.
/// The header is checked completely before anything is handed out.
/// </summary>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _data;
    private bool _disposed;

    private SafetensorsFile(string path, FileStream stream)
    {
        Path = path;
        var fileLength = stream.Length;
        var header = SafetensorsHeader.Read(path, stream);
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, fileLength, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _data = start + _view.PointerOffset + header.DataStart;
        Metadata = header.Metadata;
        Tensors = header.Tensors
            .Select(entry => new TensorView(this, entry.Name, entry.Type, entry.Shape, entry.Begin, entry.End - entry.Begin))
            .ToFrozenDictionary(view => view.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The free texts of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>Where the tensors' bytes begin.</summary>
    internal byte* DataPointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _data;
        }
    }

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is missing, truncated or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new SafetensorsFile(path, stream);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            if (error is not (IOException or UnauthorizedAccessException)) throw;
            var missing = error is FileNotFoundException or DirectoryNotFoundException;
            throw new ModelFormatException(path, null, missing ? "does not exist" : $"cannot be read ({error.Message})", "the model directory must hold every weight file", error);
        }
    }

    /// <summary>Unmaps the file; every view and pointer into it is invalid from then on.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
