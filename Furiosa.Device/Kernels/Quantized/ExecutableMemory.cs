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

    /// <summary>Maps several pieces of code, each on a border of 64 bytes; null when the system forbids it.</summary>
    /// <param name="offsets">Takes where each begins; as many as there are pieces.</param>
    /// <param name="emit">Writes one.</param>
    public static byte* TryMap(int[] offsets, Func<int, byte[]> emit)
    {
        var code = new List<byte>();
        for (int i = 0; i < offsets.Length; i++)
        {
            while (code.Count % 64 != 0) code.Add(0xCC);
            offsets[i] = code.Count;
            code.AddRange(emit(i));
        }

        return TryMap(CollectionsMarshal.AsSpan(code));
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
