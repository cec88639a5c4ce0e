using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// What all emitted tiles share. The code follows the System V convention: one argument, a <see cref="TileArguments"/>, and only registers
/// that a callee may change. Up to six rows are reached from two registers and a stride: rows 0 to 2 from rsi, 3 to 5 from rdi, and their
/// sums from r9 and r11.
/// </summary>
internal abstract class TileEmitter
{
    protected Assembler Code { get; } = new(64);

    /// <summary>The finished code.</summary>
    protected byte[] Assemble()
    {
        using var stream = new MemoryStream();
        Code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>
    /// Weights to rax, rows to rsi and rdi, their stride to rdx, groups to rcx, sums to r9, their stride to r10, what is fetched to r8, and
    /// whether sums go on to r11.
    /// </summary>
    protected void LoadArguments()
    {
        Code.mov(rax, __[rdi + 0]);
        Code.mov(rsi, __[rdi + 8]);
        Code.mov(rdx, __[rdi + 16]);
        Code.mov(rcx, __[rdi + 24]);
        Code.mov(r9, __[rdi + 32]);
        Code.mov(r10, __[rdi + 40]);
        Code.mov(r8, __[rdi + 48]);
        Code.mov(r11, __[rdi + 56]);
        Code.lea(rdi, __[rsi + rdx * 2]);
        Code.add(rdi, rdx);
    }

    /// <summary>Points r11 at the fourth row's sums; leaves the flags alone.</summary>
    protected void FourthSums()
    {
        Code.lea(r11, __[r9 + r10 * 2]);
        Code.lea(r11, __[r11 + r10]);
    }

    /// <summary>Goes on to the next block and group; jumps back while there is one.</summary>
    protected void Next(Label group, int blockBytes, int groupBytes, bool fetches)
    {
        Code.add(rax, blockBytes);
        Code.add(rsi, groupBytes);
        Code.add(rdi, groupBytes);
        if (fetches) Code.add(r8, blockBytes);
        Code.dec(rcx);
        Code.jne(group);
    }

    protected static AssemblerMemoryOperand Row(int row) => Address(rsi, rdi, rdx, row);

    protected static AssemblerMemoryOperand Sums(int row) => Address(r9, r11, r10, row);

    private static AssemblerMemoryOperand Address(AssemblerRegister64 first, AssemblerRegister64 fourth, AssemblerRegister64 stride, int row) => (row % 3) switch
    {
        0 => (row < 3 ? first : fourth) + 0,
        1 => (row < 3 ? first : fourth) + stride,
        _ => (row < 3 ? first : fourth) + stride * 2,
    };
}
