using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>
/// INT8 in emitted tiles over the weights as they are stored (<see cref="SignEmitter"/>); one or two rows of 4 bits by <see cref="Avx2Tiles"/>, more in emitted
/// tiles of up to six rows over weights that are spread once for all of them.
/// </summary>
internal sealed unsafe class Avx2BlockTiles : IntegerTiles
{
    private const int MostTileRows = 6;
    private const int LeastTileRows = 3; // what rows from the threshold on leave when they are cut into equal tiles
    private const int Sizes = MostTileRows - LeastTileRows + 1;
    private const int FewestSpreadRows = 3; // from here on spreading the weights is won back
    private const int SpreadGroups = 16;
    private const uint HalvesBit = 1 << 29; // of F16C

    private static readonly Lazy<Avx2BlockTiles?> Shared = new(Make);

    private readonly Avx2Tiles _few = new();
    private readonly delegate* unmanaged<TileArguments*, void>[] _tiles = new delegate* unmanaged<TileArguments*, void>[Sizes + 2 * SignEmitter.MostRows];

    private Avx2BlockTiles(byte* code, int[] offsets)
    {
        for (int i = 0; i < offsets.Length; i++) _tiles[i] = (delegate* unmanaged<TileArguments*, void>)(code + offsets[i]);
    }

    /// <summary>Whether this processor has the instructions and this system is known to map code.</summary>
    public static bool IsSupported { get; } = ExecutableMemory.IsSupported && Avx2.IsSupported && Fma.IsSupported && HasHalves();

    public override int MaxRows => _few.MaxRows;

    /// <summary>The tiles, emitted once; null where the system forbids it.</summary>
    public static Avx2BlockTiles? TryGet() => IsSupported ? Shared.Value : null;

    public override void Run(WeightFormat format, int rows, TileArguments* tile) => _few.Run(format, rows, tile);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RunBlock(WeightFormat format, int rows, TileArguments* block)
    {
        if (format != WeightFormat.Int8 && rows < FewestSpreadRows)
        {
            base.RunBlock(format, rows, block);
            return;
        }

        if (block->Continues == 0)
        {
            byte* sums = (byte*)block->Sums;
            for (int row = 0; row < rows; row++, sums += block->SumStride) new Span<float>(sums, PackedMatrix.PanelColumns).Clear();
        }

        if (format == WeightFormat.Int8)
        {
            RunStored(rows, block);
            return;
        }

        var some = *block;
        int atOnce = EvenBlocks.Size((int)block->Groups, SpreadGroups);
        for (nint left = block->Groups; left > 0; left -= atOnce)
        {
            some.Groups = Math.Min(atOnce, left);
            byte* next = some.Weights + some.Groups * FourBits.BlockBytes;
            some.Next = left > atOnce ? next : block->Next;
            RunSpread(rows, &some);
            some.Weights = next;
            some.Activations += some.Groups * GroupLayout.RowGroupBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunStored(int rows, TileArguments* block)
    {
        int tiles = (rows + SignEmitter.MostRows - 1) / SignEmitter.MostRows;
        if (tiles == 1)
        {
            _tiles[Sizes + SignEmitter.MostRows + rows - 1](block);
            return;
        }

        var tile = *block;
        nint share = ShareFetching(&tile, EightBits.BlockBytes, tiles, SignEmitter.GroupFetches);
        for (int t = 0; t < tiles; t++, tile.Next += share)
        {
            int first = t * rows / tiles, count = (t + 1) * rows / tiles - first;
            tile.Activations = block->Activations + first * block->ActivationStride;
            tile.Sums = (float*)((byte*)block->Sums + first * block->SumStride);
            _tiles[Sizes + count - 1](&tile);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunSpread(int rows, TileArguments* block)
    {
        int groups = (int)block->Groups, tiles = (rows + MostTileRows - 1) / MostTileRows;
        byte* memory = stackalloc byte[Avx2Block.Bytes(groups) + 64];
        byte* spread = (byte*)(((nint)memory + 63) & ~63);
        Avx2Block.Spread(block->Weights, groups, spread);
        var tile = *block;
        nint share = ShareFetching(&tile, FourBits.BlockBytes, Avx2Block.Parts * tiles, Avx2Emitter.GroupFetches);
        for (int part = 0; part < Avx2Block.Parts; part++)
        {
            tile.Weights = spread + part * groups * Avx2Block.GroupBytes;
            for (int t = 0; t < tiles; t++, tile.Next += share)
            {
                int first = t * rows / tiles, count = (t + 1) * rows / tiles - first;
                tile.Activations = block->Activations + first * block->ActivationStride;
                tile.Sums = (float*)((byte*)block->Sums + first * block->SumStride) + part * (PackedMatrix.PanelColumns / Avx2Block.Parts);
                _tiles[count - LeastTileRows](&tile);
            }
        }
    }

    /// <summary>Lets the next block come in evenly while this one is used; where there is none, what is here is asked for again. Returns a call's bytes.</summary>
    private static nint ShareFetching(TileArguments* tile, int blockBytes, int calls, int groupFetches)
    {
        nint share = tile->Next is null ? 0 : tile->Groups * blockBytes / calls;
        if (tile->Next is null) tile->Next = tile->Weights;
        tile->NextStep = share / (tile->Groups * groupFetches);
        return share;
    }

    private static bool HasHalves() => X86Base.IsSupported && ((uint)X86Base.CpuId(1, 0).Ecx & HalvesBit) != 0;

    private static Avx2BlockTiles? Make()
    {
        var offsets = new int[Sizes + 2 * SignEmitter.MostRows];
        byte* memory = ExecutableMemory.TryMap(offsets, index => index < Sizes
            ? Avx2Emitter.Emit(index + LeastTileRows)
            : SignEmitter.Emit((index - Sizes) % SignEmitter.MostRows + 1, isAlone: index >= Sizes + SignEmitter.MostRows));
        return memory is null ? null : new Avx2BlockTiles(memory, offsets);
    }
}
