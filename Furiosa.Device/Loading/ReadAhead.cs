using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Furiosa.Device.Loading;

/// <summary>
/// Has the system read files from front to back while their weights are packed. Packing reads pieces of them and touches pages of mappings, and where some of
/// them are in memory and others not, the system gives up guessing which come next: each gap is then waited for by itself, and a file of
/// which a tenth is missing takes longer than one that is not there at all.
/// </summary>
internal sealed partial class ReadAhead : IDisposable
{
    // The least that any system reads in answer to one hint.
    private const int Window = 128 << 10;
    private const int WillNeed = 3;

    private readonly IReadOnlyList<MappedFile> _files;
    private readonly Thread? _thread;
    private volatile bool _isStopped;

    /// <summary>Begins to read, unless the files are so large that what is read would push out what is needed first.</summary>
    /// <param name="files">The files, in the order in which they are packed. They must not be disposed before this.</param>
    public ReadAhead(IReadOnlyList<MappedFile> files)
    {
        _files = files;
        if (!OperatingSystem.IsLinux() || files.Sum(file => file.Length) > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2) return;
        _thread = new Thread(Run) { IsBackground = true, Name = "read-ahead" };
        _thread.Start();
    }

    /// <summary>Ends it; returns when nothing is asked for any more.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _thread?.Join();
    }

    private void Run()
    {
        foreach (var file in _files)
        {
            for (var at = 0L; at < file.Length && !_isStopped; at += Window)
            {
                // A hint: where the system refuses it, pages come when they are touched, as ever.
                if (Advise(file.Handle, at, Window, WillNeed) != 0) return;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
