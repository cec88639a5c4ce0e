using System.Runtime.CompilerServices;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// Linear products over panels of codes. Blocks of inputs are widened into memory that stays in the cache while all rows pass over them, or in registers
/// for a single row; each output is the same chain of fused multiply-adds in ascending k as over a float panel, and has the same bits.
/// </summary>
internal static unsafe class CodedKernel<TLanes> where TLanes : struct, ILanes<TLanes>
{
    private const int Columns = PackedMatrix.PanelColumns;
    private const int BlockInputs = 256;
    private const int FewRows = 4;
    private const int FewRowsInputs = 32; // so few that a processor widens the next ones while it still adds up these

    /// <inheritdoc cref="LinearKernel{TLanes,TPanel}.Run"/>
    public static void Run(PackedMatrix matrix, int firstPanel, int panelCount, float* a, nint aStride, int rows, float* y, nint yStride) =>
        PanelSums<TLanes>.Write(new Product(matrix, matrix.PanelCount, a, aStride), matrix, firstPanel, panelCount, rows, y, yStride);

    /// <inheritdoc cref="PanelSums{TLanes}.WriteChunks"/>
    public static void Chunks(PackedMatrix matrix, int panel, float* a, nint aStride, int rows, float* sums) =>
        PanelSums<TLanes>.WriteChunks(new Product(matrix, panel + 1, a, aStride), matrix, panel, rows, sums);

    private static void Chunk(PackedMatrix matrix, int panel, int endPanel, int chunk, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        int start = matrix.ChunkStarts[chunk], inputs = matrix.ChunkStarts[chunk + 1] - start, done = 0;
        var layout = matrix.Codes!;
        byte* block = matrix.Panel(panel) + (nint)matrix.ChunkBlocks[chunk] * layout.BlockBytes;
        a += start;
        if (rows == 1 && typeof(TLanes) == typeof(Lanes512) && CodedRow.Takes(layout))
        {
            int groups = inputs / layout.GroupSize;
            CodedRow.Run(layout, block, groups, a, y);
            done = groups * layout.GroupSize;
        }

        if (done < inputs) Widened(layout, block, matrix.Panel(endPanel), done, inputs, a, aStride, rows, y, yStride);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widened(CodeLayout layout, byte* blocks, byte* end, int from, int inputs, float* a, nint aStride, int rows, float* y, nint yStride)
    {
        float* room = stackalloc float[BlockInputs * Columns + 16], wide = (float*)(((nint)room + 63) & ~63);
        for (var atOnce = rows <= FewRows ? FewRowsInputs : BlockInputs; from < inputs; from += atOnce)
        {
            var count = Math.Min(atOnce, inputs - from);
            for (var k = 0; k < count; k += layout.GroupSize)
            {
                byte* block = blocks, group = layout.Group(ref block, (from + k) / layout.GroupSize);
                CodeWidener.Widen(layout, block, group, Math.Min(layout.GroupSize, count - k), wide + k * Columns);
            }

            // What is widened next is fetched meanwhile, up to a panel.
            byte* after = blocks, next = layout.Group(ref after, (from + count) / layout.GroupSize);
            long lines = Math.Clamp(end - next, 0, (long)count / layout.GroupSize * layout.GroupBytes) / 64;
            Rows(a + from, aStride, count, wide, rows, y, yStride, from > 0, next, lines);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(float* a, nint aStride, int k, float* wide, int rows, float* y, nint yStride, bool continues, byte* next, long lines)
    {
        if (TLanes.IsPair && rows > 1) HalfPanelTiles<TLanes, F32Panel<TLanes>>.BothHalves(a, aStride, k, (byte*)wide, rows, y, yStride, continues, next, lines);
        else LinearBlock<TLanes>.Run(a, aStride, k, new WideReader<TLanes>(wide), rows, y, yStride, continues, next, lines);
    }

    private readonly struct Product(PackedMatrix matrix, int endPanel, float* a, nint aStride) : IPanelProduct
    {
        public void Run(int panel, int chunk, int first, int rows, float* sums, nint stride) =>
            Chunk(matrix, panel, endPanel, chunk, a + first * aStride, aStride, rows, sums, stride);
    }
}
