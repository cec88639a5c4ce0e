using System.Runtime.Intrinsics.X86;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>Tiles of BF16 weights and rows rounded to BF16 in emitted AVX-512 BF16 code, up to six rows.</summary>
internal sealed unsafe class PairTiles : IntegerTiles
{
    private const int Rows = 6;
    private const int LinesOfPair = 2;

    private static readonly Lazy<PairTiles?> Shared = new(Make);

    // Those that fetch nothing, then those that fetch a line for each pair.
    private readonly delegate* unmanaged<TileArguments*, void>[] _tiles = new delegate* unmanaged<TileArguments*, void>[2 * Rows];

    private PairTiles(byte* code, int[] offsets)
    {
        for (int i = 0; i < offsets.Length; i++) _tiles[i] = (delegate* unmanaged<TileArguments*, void>)(code + offsets[i]);
    }

    /// <summary>Whether this processor has the instruction and this system is known to map code.</summary>
    public static bool IsSupported { get; } = ExecutableMemory.IsSupported && Avx512BW.IsSupported && HasBf16();

    public override int MaxRows => Rows;

    /// <summary>The tiles, emitted once; null where the system forbids it or the processor has not the instruction.</summary>
    public static PairTiles? TryGet() => IsSupported ? Shared.Value : null;

    public override void Run(WeightFormat format, int rows, TileArguments* tile)
    {
        // Of the tiles of a block the first two fetch the next one, a half each.
        bool fetches = tile->Next is not null && tile->TileCount > 1 && tile->Tile < LinesOfPair;
        if (fetches) tile->Next += 64 * tile->Tile;
        _tiles[(fetches ? Rows : 0) + rows - 1](tile);
    }

    private static bool HasBf16()
    {
        const int Bf16 = 1 << 5; // leaf 7, part 1, EAX
        return X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & Bf16) != 0;
    }

    private static PairTiles? Make()
    {
        var offsets = new int[2 * Rows];
        byte* memory = ExecutableMemory.TryMap(offsets, index => PairEmitter.Emit(index % Rows + 1, index / Rows));
        return memory is null ? null : new PairTiles(memory, offsets);
    }
}
