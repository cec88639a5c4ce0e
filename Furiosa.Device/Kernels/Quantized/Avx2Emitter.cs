using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// Writes a tile of sixteen columns in AVX2 over a spread block (<see cref="Avx2Block"/>): 4-bit weights, each in a byte of its own, eight columns
/// with sums in ymm0 to 5 and eight in ymm6 to 11. Sixteen products of 15 by 127 fit into the 16 bits of a sum, and so does what it starts from.
/// Float sums stay in memory: sixteen registers hold no more.
/// </summary>
internal sealed class Avx2Emitter : NarrowTileEmitter
{
    /// <summary>Fetches that a tile makes in a group: from <see cref="TileArguments.Next"/> on, <see cref="TileArguments.NextStep"/> apart.</summary>
    public const int GroupFetches = 8;

    private const int VectorBytes = 32;

    private static readonly AssemblerRegisterYMM[] First = [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5], Second = [ymm6, ymm7, ymm8, ymm9, ymm10, ymm11];

    private readonly int _rows;
    private Label _group;
    private Label _ones;

    private Avx2Emitter(int rows)
    {
        _rows = rows;
        _group = Code.CreateLabel();
        _ones = Code.CreateLabel();
    }

    /// <summary>Writes one tile.</summary>
    /// <param name="rows">Rows, 1 to 6.</param>
    public static byte[] Emit(int rows)
    {
        var emitter = new Avx2Emitter(rows);
        emitter.LoadArguments();
        emitter.Group();
        emitter.End();
        return emitter.Assemble();
    }

    private void Group()
    {
        Code.Label(ref _group);
        for (var row = 0; row < _rows; row++)
        {
            Code.vpbroadcastd(Second[row], __dword_ptr[Row(row) + GroupLayout.PairStartOffset]);
            Code.vmovdqa(First[row], Second[row]);
        }

        for (var step = 0; step < 8; step++)
        {
            Code.prefetcht1(__byte_ptr[r8]);
            Code.add(r8, rbx);
            Code.vmovdqa(ymm12, __ymmword_ptr[rax + 2 * VectorBytes * step]);
            Code.vmovdqa(ymm13, __ymmword_ptr[rax + 2 * VectorBytes * step + VectorBytes]);
            for (var row = 0; row < _rows; row++)
            {
                Code.vpbroadcastd(ymm14, __dword_ptr[Row(row) + 4 * step]);
                Code.vpmaddubsw(ymm15, ymm12, ymm14);
                Code.vpaddw(First[row], First[row], ymm15);
                Code.vpmaddubsw(ymm14, ymm13, ymm14);
                Code.vpaddw(Second[row], Second[row], ymm14);
            }
        }

        var scales = 16 * VectorBytes;
        Code.vmovdqu(ymm12, __ymmword_ptr[_ones]);
        Code.vmovaps(ymm13, __ymmword_ptr[rax + scales]);
        Code.vmovaps(ymm15, __ymmword_ptr[rax + scales + VectorBytes]);
        for (var row = 0; row < _rows; row++)
        {
            Code.vbroadcastss(ymm14, __dword_ptr[Row(row) + GroupLayout.OriginOffset]);
            Code.vpmaddwd(First[row], First[row], ymm12);
            Code.vpmaddwd(Second[row], Second[row], ymm12);
            Scale(First[row], ymm13, row, 0);
            Scale(Second[row], ymm15, row, VectorBytes);
        }

        Next(_group, Avx2Block.GroupBytes, GroupLayout.RowGroupBytes, fetches: false);
    }

    /// <summary>Adds a group's integer sums, times the row's scale, whose origin is ymm14, and the weights', to a row's float sums.</summary>
    private void Scale(AssemblerRegisterYMM sum, AssemblerRegisterYMM scales, int row, int column)
    {
        Code.vpaddd(sum, sum, ymm14);
        Code.vsubps(sum, sum, ymm14);
        Code.vfmadd213ps(sum, scales, __ymmword_ptr[Sums(row) + column]);
        Code.vmovups(__ymmword_ptr[Sums(row) + column], sum);
    }

    private void End()
    {
        Return();
        Constant(ref _ones, 0x00010001);
    }
}
