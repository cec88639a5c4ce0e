using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Writes a tile in AVX-512 VNNI, which .NET has no intrinsics for. The code follows the System V convention: one argument,
/// a <see cref="TileArguments"/>, and only registers that a callee may change. Rows 0 to 2 are reached from rsi, 3 to 5 from
/// rdi; float sums are zmm0 to 11, integer sums zmm12 to 23.
/// </summary>
internal sealed class VnniEmitter
{
    private static readonly AssemblerRegisterZMM[] Registers =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11,
        zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23,
    ];

    private readonly Assembler _code = new(64);
    private readonly bool _eightBits;
    private readonly int _rows;
    private readonly int _fetchedLines;
    private Label _group;

    private VnniEmitter(bool eightBits, int rows, int fetchedLines)
    {
        (_eightBits, _rows, _fetchedLines) = (eightBits, rows, fetchedLines);
        _group = _code.CreateLabel();
    }

    /// <summary>Writes one tile.</summary>
    /// <param name="eightBits">INT8 weights; otherwise 4-bit.</param>
    /// <param name="rows">Rows, 1 to 6.</param>
    /// <param name="fetchedLines">Cache lines of the next block that are fetched for each group.</param>
    public static byte[] Emit(bool eightBits, int rows, int fetchedLines)
    {
        var emitter = new VnniEmitter(eightBits, rows, fetchedLines);
        emitter.Begin();
        emitter.Groups();
        emitter.End();
        using var stream = new MemoryStream();
        emitter._code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private void Begin()
    {
        if (!_eightBits)
        {
            _code.mov(r11d, 0x0F0F0F0F);
            _code.vpbroadcastd(zmm28, r11d);
        }

        _code.mov(rax, __[rdi + 0]);
        _code.mov(rsi, __[rdi + 8]);
        _code.mov(rdx, __[rdi + 16]);
        _code.mov(rcx, __[rdi + 24]);
        _code.mov(r9, __[rdi + 32]);
        _code.mov(r10, __[rdi + 40]);
        _code.mov(r8, __[rdi + 48]);
        _code.mov(r11, __[rdi + 56]);
        _code.lea(rdi, __[rsi + rdx * 2]);
        _code.add(rdi, rdx);
        for (int i = 0; i < 2 * _rows; i++) _code.vpxord(Registers[i], Registers[i], Registers[i]);
        _code.test(r11, r11);
        _code.je(_group);
        ThirdSums();
        for (int i = 0; i < 2 * _rows; i++) _code.vmovups(Registers[i], __[Sums(i / 2) + 64 * (i & 1)]);
    }

    private void Groups()
    {
        int blockBytes = _eightBits ? EightBits.BlockBytes : FourBits.BlockBytes;
        int start = _eightBits ? GroupLayout.Int8StartOffset : GroupLayout.Int4StartOffset;
        _code.Label(ref _group);
        for (int i = 0; i < 2 * _rows; i++) _code.vpbroadcastd(Registers[12 + i], __dword_ptr[Row(i / 2) + start]);
        for (int line = 0; line < _fetchedLines; line++) _code.prefetcht1(__byte_ptr[r8 + 64 * line]);
        for (int step = 0; step < 8; step++)
        {
            if (_eightBits) EightBitStep(step);
            else if (step < 4) FourBitSteps(step);
        }

        _code.vcvtph2ps(zmm24, __ymmword_ptr[rax]);
        _code.vcvtph2ps(zmm25, __ymmword_ptr[rax + 32]);
        for (int i = 0; i < 2 * _rows; i++)
        {
            var sum = Registers[12 + i];
            _code.vcvtdq2ps(sum, sum);
            _code.vmulps(sum, sum, (i & 1) == 0 ? zmm24 : zmm25);
        }

        for (int i = 0; i < 2 * _rows; i++) _code.vfmadd231ps(Registers[i], Registers[12 + i], __dword_bcst[Row(i / 2) + GroupLayout.ScaleOffset]);
        _code.add(rax, blockBytes);
        _code.add(rsi, GroupLayout.RowGroupBytes);
        _code.add(rdi, GroupLayout.RowGroupBytes);
        if (_fetchedLines > 0) _code.add(r8, blockBytes);
        _code.dec(rcx);
        _code.jne(_group);
    }

    private void End()
    {
        ThirdSums();
        for (int i = 0; i < 2 * _rows; i++) _code.vmovups(__[Sums(i / 2) + 64 * (i & 1)], Registers[i]);
        _code.vzeroupper();
        _code.ret();
    }

    private void EightBitStep(int step)
    {
        _code.vmovdqu32(zmm24, __zmmword_ptr[rax + 64 + step * 128]);
        _code.vmovdqu32(zmm25, __zmmword_ptr[rax + 128 + step * 128]);
        AddProducts(step, zmm24, zmm25);
    }

    private void FourBitSteps(int step)
    {
        _code.vmovdqu32(zmm24, __zmmword_ptr[rax + 64 + step * 128]);
        _code.vmovdqu32(zmm25, __zmmword_ptr[rax + 128 + step * 128]);
        _code.vpandd(zmm26, zmm24, zmm28);
        _code.vpandd(zmm27, zmm25, zmm28);
        AddProducts(step, zmm26, zmm27);
        _code.vpsrld(zmm24, zmm24, 4);
        _code.vpsrld(zmm25, zmm25, 4);
        _code.vpandd(zmm24, zmm24, zmm28);
        _code.vpandd(zmm25, zmm25, zmm28);
        AddProducts(step + 4, zmm24, zmm25);
    }

    private void AddProducts(int step, AssemblerRegisterZMM left, AssemblerRegisterZMM right)
    {
        for (int row = 0; row < _rows; row++)
        {
            _code.vpdpbusd(Registers[12 + 2 * row], left, __dword_bcst[Row(row) + 4 * step]);
            _code.vpdpbusd(Registers[13 + 2 * row], right, __dword_bcst[Row(row) + 4 * step]);
        }
    }

    /// <summary>Leaves the flags alone.</summary>
    private void ThirdSums()
    {
        _code.lea(r11, __[r9 + r10 * 2]);
        _code.lea(r11, __[r11 + r10]);
    }

    private static AssemblerMemoryOperand Row(int row) => TileRows.Address(rsi, rdi, rdx, row);

    private static AssemblerMemoryOperand Sums(int row) => TileRows.Address(r9, r11, r10, row);
}
