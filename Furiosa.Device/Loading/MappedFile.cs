using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Furiosa.Device.Loading;

/// <summary>A weight file, memory-mapped read-only. Tensors point into it while it is open.</summary>
internal sealed unsafe class MappedFile : IWeightFile
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly SafeFileHandle _handle;
    private readonly DateTime _modified;
    private bool _disposed;

    private MappedFile(string path, FileStream stream)
    {
        Path = path;
        Length = stream.Length;
        _handle = stream.SafeFileHandle;
        _modified = File.GetLastWriteTimeUtc(_handle);
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public IEnumerable<MappedFile> Packable => [this];

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>The first byte of the file.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _start;
        }
    }

    /// <summary>Reads a file's header, then maps it.</summary>
    /// <typeparam name="THeader">What the header says.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads and checks the header, before anything is mapped.</param>
    /// <exception cref="ModelFormatException">The file is missing, truncated or malformed.</exception>
    public static (MappedFile File, THeader Header) Open<THeader>(string path, Func<FileStream, THeader> read)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var header = read(stream);
            // Nothing of it can be mapped.
            if (stream.Length == 0) throw new ModelFormatException(path, null, "is empty", "fetch or copy it again, or build the artifact that it belongs to again");
            return (new MappedFile(path, stream), header);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            if (error is not (IOException or UnauthorizedAccessException)) throw;
            var missing = error is FileNotFoundException or DirectoryNotFoundException;
            throw new ModelFormatException(path, null, missing ? "does not exist" : $"cannot be read ({error.Message})", "the model directory must hold every weight file", error);
        }
    }

    /// <summary>
    /// Reads bytes of the file without touching the mapping: where the file has been cut short since, this is an error and not the end of
    /// the process. For what is read as long as the model is served, and for rows that are packed.
    /// </summary>
    /// <exception cref="ModelFormatException">The file is shorter than it was.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0) throw Changed();
            destination = destination[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    public void EnsureUnchanged()
    {
        if (RandomAccess.GetLength(_handle) != Length || File.GetLastWriteTimeUtc(_handle) != _modified) throw Changed();
    }

    private ModelFormatException Changed() => new(Path, null, "was written to after it had been opened", "write new weights to another file and rename it; start again to serve them");

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
