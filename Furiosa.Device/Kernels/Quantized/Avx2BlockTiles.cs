using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Few rows by <see cref="Avx2Tiles"/>; many in emitted tiles of up to six rows over weights that are spread once for all of them.</summary>
internal sealed unsafe class Avx2BlockTiles : IntegerTiles
{
    private const int MostTileRows = 6;
    private const int LeastTileRows = 3; // what rows at the threshold leave when they are cut into equal tiles
    private const int Sizes = MostTileRows - LeastTileRows + 1;

    private static readonly Lazy<Avx2BlockTiles?> Shared = new(Make);

    private readonly Avx2Tiles _few = new();
    private readonly delegate* unmanaged<TileArguments*, void>[] _tiles = new delegate* unmanaged<TileArguments*, void>[2 * Sizes];

    private Avx2BlockTiles(byte* code, int[] offsets)
    {
        for (int i = 0; i < offsets.Length; i++) _tiles[i] = (delegate* unmanaged<TileArguments*, void>)(code + offsets[i]);
    }

    /// <summary>Whether this processor has the instructions and this system is known to map code.</summary>
    public static bool IsSupported { get; } = ExecutableMemory.IsSupported && Avx2.IsSupported && Fma.IsSupported;

    public override int MaxRows => _few.MaxRows;

    /// <summary>The tiles, emitted once; null where the system forbids it.</summary>
    public static Avx2BlockTiles? TryGet() => IsSupported ? Shared.Value : null;

    public override void Run(WeightFormat format, int rows, TileArguments* tile) => _few.Run(format, rows, tile);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RunBlock(WeightFormat format, int rows, TileArguments* block)
    {
        bool eightBits = format == WeightFormat.Int8;
        if (rows < FewestRows(eightBits))
        {
            base.RunBlock(format, rows, block);
            return;
        }

        int groups = (int)block->Groups, parts = Avx2Block.Parts(eightBits), tiles = (rows + MostTileRows - 1) / MostTileRows;
        byte* memory = stackalloc byte[Avx2Block.Bytes(groups) + 64];
        byte* spread = (byte*)(((nint)memory + 63) & ~63);
        Avx2Block.Spread(eightBits, block->Weights, groups, spread);
        nint sumStride = block->SumStride;
        if (block->Continues == 0)
        {
            byte* sums = (byte*)block->Sums;
            for (int row = 0; row < rows; row++, sums += sumStride) new Span<float>(sums, PackedMatrix.PanelColumns).Clear();
        }

        var tile = *block;
        int lines = block->Next is null ? 0 : groups * (eightBits ? EightBits.BlockBytes : FourBits.BlockBytes) / 64, fetched = 0, calls = 0;
        for (int part = 0; part < parts; part++)
        {
            tile.Weights = spread + part * groups * Avx2Block.GroupBytes(eightBits);
            for (int t = 0; t < tiles; t++)
            {
                int first = t * rows / tiles, count = (t + 1) * rows / tiles - first;
                for (int wanted = ++calls * lines / (parts * tiles); fetched < wanted; fetched++) Sse.Prefetch1(block->Next + 64 * fetched);
                tile.Activations = block->Activations + first * block->ActivationStride;
                tile.Sums = (float*)((byte*)block->Sums + first * sumStride) + part * (PackedMatrix.PanelColumns / parts);
                _tiles[Index(eightBits, count)](&tile);
            }
        }
    }

    /// <summary>From how many rows on spreading the weights is won back; more than a tile of <see cref="Avx2Tiles"/> has.</summary>
    private static int FewestRows(bool eightBits) => eightBits ? 24 : 5;

    private static int Index(bool eightBits, int rows) => (eightBits ? Sizes : 0) + rows - LeastTileRows;

    private static Avx2BlockTiles? Make()
    {
        var offsets = new int[2 * Sizes];
        byte* memory = ExecutableMemory.TryMap(offsets, index => Avx2Emitter.Emit(index >= Sizes, index % Sizes + LeastTileRows));
        return memory is null ? null : new Avx2BlockTiles(memory, offsets);
    }
}
