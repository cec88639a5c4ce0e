using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Writes a tile in AVX-512 VNNI, which .NET has no intrinsics for. Integer sums are zmm12 to 23.</summary>
internal sealed class VnniEmitter : WideTileEmitter
{
    private static readonly AssemblerRegisterZMM[] Integers = [zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23], Inputs = [zmm29, zmm30, zmm31];

    private readonly bool _eightBits;

    private VnniEmitter(bool eightBits, int rows, int fetchedLines) : base(rows, fetchedLines) => _eightBits = eightBits;

    /// <summary>Writes one tile.</summary>
    /// <param name="eightBits">INT8 weights; otherwise 4-bit.</param>
    /// <param name="rows">Rows, 1 to 6.</param>
    /// <param name="fetchedLines">Cache lines of the next block that are fetched for each group.</param>
    public static byte[] Emit(bool eightBits, int rows, int fetchedLines) =>
        new VnniEmitter(eightBits, rows, fetchedLines).Write(eightBits ? EightBits.BlockBytes : FourBits.BlockBytes, GroupLayout.RowGroupBytes);

    protected override void Prepare()
    {
        if (_eightBits) return;
        Code.mov(r11d, 0x0F0F0F0F);
        Code.vpbroadcastd(zmm28, r11d);
    }

    protected override void Group()
    {
        int start = _eightBits ? GroupLayout.Int8StartOffset : GroupLayout.Int4StartOffset;
        for (int i = 0; i < Vectors; i += 2)
        {
            Code.vpbroadcastd(Integers[i], __dword_ptr[Row(i / 2) + start]);
            Code.vmovdqu32(Integers[i + 1], Integers[i]);
        }

        for (int step = 0; step < 8; step++)
        {
            if (_eightBits) EightBitStep(step);
            else if (step < 4) FourBitSteps(step);
        }

        Code.vcvtph2ps(zmm24, __ymmword_ptr[rax]);
        Code.vcvtph2ps(zmm25, __ymmword_ptr[rax + 32]);
        for (int i = 0; i < Vectors; i += 2)
        {
            var origin = Inputs[i / 2 % Inputs.Length];
            Code.vpbroadcastd(origin, __dword_ptr[Row(i / 2) + GroupLayout.OriginOffset]);
            Code.vsubps(Integers[i], Integers[i], origin);
            Code.vsubps(Integers[i + 1], Integers[i + 1], origin);
        }

        for (int i = 0; i < Vectors; i++) Code.vfmadd231ps(Sum(i), Integers[i], (i & 1) == 0 ? zmm24 : zmm25);
    }

    private void EightBitStep(int step)
    {
        Code.vmovdqu32(zmm24, __zmmword_ptr[rax + 64 + step * 128]);
        Code.vmovdqu32(zmm25, __zmmword_ptr[rax + 128 + step * 128]);
        AddProducts(step, zmm24, zmm25);
    }

    private void FourBitSteps(int step)
    {
        Code.vmovdqu32(zmm24, __zmmword_ptr[rax + 64 + step * 128]);
        Code.vmovdqu32(zmm25, __zmmword_ptr[rax + 128 + step * 128]);
        Code.vpandd(zmm26, zmm24, zmm28);
        Code.vpandd(zmm27, zmm25, zmm28);
        AddProducts(step, zmm26, zmm27);
        Code.vpsrld(zmm24, zmm24, 4);
        Code.vpsrld(zmm25, zmm25, 4);
        Code.vpandd(zmm24, zmm24, zmm28);
        Code.vpandd(zmm25, zmm25, zmm28);
        AddProducts(step + 4, zmm24, zmm25);
    }

    // A row's inputs are broadcast once for both vectors of weights: each broadcast operand is a load, and processors that do two products a cycle do two loads.
    private void AddProducts(int step, AssemblerRegisterZMM left, AssemblerRegisterZMM right)
    {
        for (int i = 0; i < Vectors; i += 2)
        {
            var inputs = Inputs[i / 2 % Inputs.Length];
            Code.vpbroadcastd(inputs, __dword_ptr[Row(i / 2) + 4 * step]);
            Code.vpdpbusd(Integers[i], left, inputs);
            Code.vpdpbusd(Integers[i + 1], right, inputs);
        }
    }
}
