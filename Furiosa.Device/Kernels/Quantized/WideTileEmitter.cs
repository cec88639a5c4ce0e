using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>A tile of 512-bit vectors: float sums are zmm0 to 11, two for each row, and go on from those in memory or begin at zero.</summary>
/// <param name="rows">Rows, 1 to 6.</param>
/// <param name="fetchedLines">Cache lines of the next block that are fetched for each group.</param>
internal abstract class WideTileEmitter(int rows, int fetchedLines) : TileEmitter
{
    private static readonly AssemblerRegisterZMM[] SumRegisters = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11];

    /// <summary>Vectors of sums: the even ones are sixteen columns of a row, the odd ones the next sixteen.</summary>
    protected int Vectors => 2 * rows;

    protected static AssemblerRegisterZMM Sum(int vector) => SumRegisters[vector];

    /// <summary>Writes the tile.</summary>
    protected byte[] Write(int blockBytes, int groupBytes)
    {
        var group = Code.CreateLabel();
        LoadArguments();
        for (int i = 0; i < Vectors; i++) Code.vpxord(Sum(i), Sum(i), Sum(i));
        Code.test(r11, r11);
        Prepare();
        Code.je(group);
        FourthSums();
        for (int i = 0; i < Vectors; i++) Code.vmovups(Sum(i), __[Sums(i / 2) + 64 * (i & 1)]);
        Code.Label(ref group);
        for (int line = 0; line < fetchedLines; line++) Code.prefetcht1(__byte_ptr[r8 + 64 * line]);
        Group();
        Next(group, blockBytes, groupBytes, fetchedLines > 0);
        FourthSums();
        for (int i = 0; i < Vectors; i++) Code.vmovups(__[Sums(i / 2) + 64 * (i & 1)], Sum(i));
        Code.vzeroupper();
        Code.ret();
        return Assemble();
    }

    /// <summary>Makes constants before the first group, without touching the flags; r11 is free.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>Adds one group's products to the sums; zmm12 to 31 are free.</summary>
    protected abstract void Group();
}
