using System.Runtime.InteropServices;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Emitted code in memory of its own: written first, then made executable, never both at once. Kept for the life of the process.</summary>
internal static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;

    /// <summary>Whether this system maps memory in the way that is known here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Maps code; null when the system forbids memory that is made executable.</summary>
    public static byte* TryMap(ReadOnlySpan<byte> code)
    {
        void* memory = Map(null, (nuint)code.Length, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)memory == -1) return null;
        code.CopyTo(new Span<byte>(memory, code.Length));
        if (Protect(memory, (nuint)code.Length, ReadExecute) == 0) return (byte*)memory;
        _ = Unmap(memory, (nuint)code.Length);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
