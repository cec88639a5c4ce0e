using System.Runtime.InteropServices;

namespace Furiosa.Gateway.Hosting;

/// <summary>
/// How the C library's heap, which the runtime's compiler fills while code is new, gives memory back. By itself glibc makes arenas for threads that meet and, since it raises its
/// thresholds once something large was freed, keeps tens of megabytes at the end of each: nothing that a server allocates as it runs is worth them.
/// </summary>
internal static class NativeHeap
{
    // Of malloc.h.
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int ArenaMax = -8;

    /// <summary>
    /// Makes no more arenas, and gives back what is free at their ends. To be called first of all; no effect where the user tunes the heap (<c>MALLOC_...</c>, <c>GLIBC_TUNABLES</c>) or the
    /// C library is another one.
    /// </summary>
    public static void KeepSmall()
    {
        bool isTold = Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("MALLOC_", StringComparison.Ordinal) || name == "GLIBC_TUNABLES");
        if (isTold || !OperatingSystem.IsLinux()) return;
        try
        {
            _ = Set(ArenaMax, 1);
            _ = Set(TrimThreshold, 128 << 10);
            _ = Set(MapThreshold, 128 << 10);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library: musl has one arena anyway.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int Set(int option, int value);
}
