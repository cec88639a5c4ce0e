using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Writes a tile of sixteen columns in AVX2 over a spread block (<see cref="Avx2Block"/>): 4-bit weights, each in a byte of its own, eight columns
/// with sums in ymm0 to 5 and eight in ymm6 to 11. Sixteen products of 15 by 127 fit into the 16 bits of a sum, and so does what it starts from.
/// Float sums stay in memory: sixteen registers hold no more. One argument, a <see cref="TileArguments"/>, by the System V convention.
/// </summary>
internal sealed class Avx2Emitter
{
    /// <summary>Fetches that a tile makes in a group: from <see cref="TileArguments.Next"/> on, <see cref="TileArguments.NextStep"/> apart.</summary>
    public const int GroupFetches = 8;

    private const int VectorBytes = 32;

    private static readonly AssemblerRegisterYMM[] First = [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5], Second = [ymm6, ymm7, ymm8, ymm9, ymm10, ymm11];

    private readonly Assembler _code = new(64);
    private readonly int _rows;
    private Label _group;
    private Label _ones;

    private Avx2Emitter(int rows)
    {
        _rows = rows;
        _group = _code.CreateLabel();
        _ones = _code.CreateLabel();
    }

    /// <summary>Writes one tile.</summary>
    /// <param name="rows">Rows, 1 to 6.</param>
    public static byte[] Emit(int rows)
    {
        var emitter = new Avx2Emitter(rows);
        emitter.Begin();
        emitter.Group();
        emitter.End();
        using var stream = new MemoryStream();
        emitter._code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private void Begin()
    {
        _code.mov(rax, __[rdi + 0]);
        _code.mov(rsi, __[rdi + 8]);
        _code.mov(rdx, __[rdi + 16]);
        _code.mov(rcx, __[rdi + 24]);
        _code.mov(r9, __[rdi + 32]);
        _code.mov(r10, __[rdi + 40]);
        _code.push(rbx);
        _code.mov(r8, __[rdi + 48]);
        _code.mov(rbx, __[rdi + 80]);
        _code.lea(rdi, __[rsi + rdx * 2]);
        _code.add(rdi, rdx);
        _code.lea(r11, __[r9 + r10 * 2]);
        _code.add(r11, r10);
    }

    private void Group()
    {
        _code.Label(ref _group);
        for (var row = 0; row < _rows; row++)
        {
            _code.vpbroadcastd(Second[row], __dword_ptr[Row(row) + GroupLayout.PairStartOffset]);
            _code.vmovdqa(First[row], Second[row]);
        }

        for (var step = 0; step < 8; step++)
        {
            _code.prefetcht1(__byte_ptr[r8]);
            _code.add(r8, rbx);
            _code.vmovdqa(ymm12, __ymmword_ptr[rax + 2 * VectorBytes * step]);
            _code.vmovdqa(ymm13, __ymmword_ptr[rax + 2 * VectorBytes * step + VectorBytes]);
            for (var row = 0; row < _rows; row++)
            {
                _code.vpbroadcastd(ymm14, __dword_ptr[Row(row) + 4 * step]);
                _code.vpmaddubsw(ymm15, ymm12, ymm14);
                _code.vpaddw(First[row], First[row], ymm15);
                _code.vpmaddubsw(ymm14, ymm13, ymm14);
                _code.vpaddw(Second[row], Second[row], ymm14);
            }
        }

        var scales = 16 * VectorBytes;
        _code.vmovdqu(ymm12, __ymmword_ptr[_ones]);
        for (var row = 0; row < _rows; row++)
        {
            _code.vbroadcastss(ymm14, __dword_ptr[Row(row) + GroupLayout.ScaleOffset]);
            _code.vpmaddwd(First[row], First[row], ymm12);
            _code.vpmaddwd(Second[row], Second[row], ymm12);
            Scale(First[row], scales, row, 0);
            Scale(Second[row], scales + VectorBytes, row, VectorBytes);
        }

        _code.add(rax, Avx2Block.GroupBytes);
        _code.add(rsi, GroupLayout.RowGroupBytes);
        _code.add(rdi, GroupLayout.RowGroupBytes);
        _code.dec(rcx);
        _code.jne(_group);
    }

    /// <summary>Adds a group's integer sums, times the weights' scales and the row's in ymm14, to a row's float sums.</summary>
    private void Scale(AssemblerRegisterYMM sum, int scales, int row, int column)
    {
        _code.vcvtdq2ps(sum, sum);
        _code.vmulps(sum, sum, __ymmword_ptr[rax + scales]);
        _code.vfmadd213ps(sum, ymm14, __ymmword_ptr[Sums(row) + column]);
        _code.vmovups(__ymmword_ptr[Sums(row) + column], sum);
    }

    private void End()
    {
        _code.pop(rbx);
        _code.vzeroupper();
        _code.ret();
        Constant(ref _ones, 1);
    }

    private void Constant(ref Label label, uint value)
    {
        _code.Label(ref label);
        for (var i = 0; i < 8; i++) _code.dd(value << 16 | value);
    }

    private static AssemblerMemoryOperand Row(int row) => TileRows.Address(rsi, rdi, rdx, row);

    private static AssemblerMemoryOperand Sums(int row) => TileRows.Address(r9, r11, r10, row);
}
