using Iced.Intel;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>How emitted tiles reach up to six rows: from two registers and a stride.</summary>
internal static class TileRows
{
    /// <summary>The address of a row.</summary>
    /// <param name="first">Holds row 0.</param>
    /// <param name="third">Holds row 3.</param>
    /// <param name="stride">Holds the bytes from one row to the next.</param>
    /// <param name="row">0 to 5.</param>
    public static AssemblerMemoryOperand Address(AssemblerRegister64 first, AssemblerRegister64 third, AssemblerRegister64 stride, int row) => (row % 3) switch
    {
        0 => (row < 3 ? first : third) + 0,
        1 => (row < 3 ? first : third) + stride,
        _ => (row < 3 ? first : third) + stride * 2,
    };
}
