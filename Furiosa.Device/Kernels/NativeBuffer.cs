using System.Runtime.InteropServices;

namespace Furiosa.Device.Kernels;

/// <summary>Zeroed native memory on a 64-byte border. Large ones are committed by the system only as they are touched.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const int Alignment = 64;

    private readonly bool _isOwned = true;
    private void* _block;

    /// <param name="bytes">Size; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system has not that much address space.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        _block = NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        Pointer = (byte*)(((nuint)_block + Alignment - 1) & ~(nuint)(Alignment - 1));
    }

    /// <summary>Memory of somebody else, who keeps it as long as this is used.</summary>
    /// <param name="pointer">Its first byte.</param>
    /// <param name="bytes">Size.</param>
    public NativeBuffer(byte* pointer, long bytes)
    {
        _isOwned = false;
        Pointer = pointer;
        Bytes = bytes;
    }

    ~NativeBuffer() => Free();

    public long Bytes { get; }

    public byte* Pointer { get; private set; }

    public float* Floats => (float*)Pointer;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_isOwned) NativeMemory.Free(_block);
        _block = null;
        Pointer = null;
    }
}
