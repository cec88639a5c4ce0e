using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// Linear products over panels of codes. Blocks of inputs are widened into memory that stays in the cache while all rows pass over them;
/// each output is the same chain of fused multiply-adds in ascending k as over a float panel, and has the same bits.
/// </summary>
internal static unsafe class CodedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int BlockInputs = 256;
    private const int FewRows = 4;
    private const int FewRowsInputs = 32; // so few that a processor widens the next ones while it still adds up these

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(matrix, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(matrix, a, aStride), matrix, panel, rows, sums);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chunk(PackedMatrix matrix, int panel, int chunk, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        int start = matrix.ChunkStarts[chunk], inputs = matrix.ChunkStarts[chunk + 1] - start;
        var layout = matrix.Codes!;
        float* wide = stackalloc float[BlockInputs * PackedMatrix.PanelColumns];
        byte* block = matrix.Panel(panel) + (nint)matrix.ChunkBlocks[chunk] * layout.BlockBytes;
        var atOnce = rows <= FewRows ? FewRowsInputs : BlockInputs;
        for (var from = 0; from < inputs; from += atOnce)
        {
            var count = Math.Min(atOnce, inputs - from);
            for (var k = 0; k < count; k += layout.GroupSize, block += layout.BlockBytes)
                CodeWidener.Widen(layout, block, Math.Min(layout.GroupSize, count - k), wide + k * PackedMatrix.PanelColumns);
            Rows(a + start + from, aStride, count, wide, rows, y, yStride, from > 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(float* a, nint aStride, int k, float* wide, int rows, float* y, nint yStride, bool continues)
    {
        if (TLanes.IsPair && rows > 1)
        {
            HalfPanelTiles<TLanes, F32Panel<TLanes>>.BothHalves(a, aStride, k, (byte*)wide, rows, y, yStride, continues, null, 0);
            return;
        }

        LinearBlock<TLanes>.Run(a, aStride, k, new WideReader<TLanes>(wide), rows, y, yStride, continues, null, 0);
    }

    private readonly struct Product(PackedMatrix matrix, float* a, nint aStride) : IPanelProduct
    {
        public void Run(int panel, int chunk, int first, int rows, float* sums, nint stride) =>
            Chunk(matrix, panel, chunk, a + first * aStride, aStride, rows, sums, stride);
    }
}
