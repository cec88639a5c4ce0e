using Furiosa.Device.Kernels.Quantized;
using static Iced.Intel.AssemblerRegisters;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>Writes a tile in AVX-512 BF16, which .NET has no intrinsics for. A group is a pair of inputs: one instruction for sixteen columns of a row.</summary>
internal sealed class PairEmitter : WideTileEmitter
{
    private PairEmitter(int rows, int fetchedLines) : base(rows, fetchedLines)
    {
    }

    /// <summary>Writes one tile.</summary>
    /// <param name="rows">Rows, 1 to 6.</param>
    /// <param name="fetchedLines">Cache lines of the next block that are fetched for each pair.</param>
    public static byte[] Emit(int rows, int fetchedLines) => new PairEmitter(rows, fetchedLines).Write(PackedMatrix.PanelColumns * sizeof(uint), sizeof(uint));

    protected override void Group()
    {
        Code.vmovdqu32(zmm24, __zmmword_ptr[rax]);
        Code.vmovdqu32(zmm25, __zmmword_ptr[rax + 64]);
        for (int i = 0; i < Vectors; i += 2)
        {
            Code.vpbroadcastd(zmm26, __dword_ptr[Row(i / 2)]);
            Code.vdpbf16ps(Sum(i), zmm24, zmm26);
            Code.vdpbf16ps(Sum(i + 1), zmm25, zmm26);
        }
    }
}
