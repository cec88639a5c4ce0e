using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Tiles in emitted AVX-512 VNNI code, up to six rows.</summary>
internal sealed unsafe class VnniTiles : IntegerTiles
{
    private const int Rows = 6;

    // How many lines a tile fetches for each group; the smallest that covers a tile's share is taken.
    private static readonly int[] FetchedLines = [0, 3, 6, 9];

    private static readonly Lazy<VnniTiles?> Shared = new(Make);

    private readonly delegate* unmanaged<TileArguments*, void>[] _tiles;

    private VnniTiles(byte* code, int[] offsets)
    {
        _tiles = new delegate* unmanaged<TileArguments*, void>[offsets.Length];
        for (int i = 0; i < offsets.Length; i++) _tiles[i] = (delegate* unmanaged<TileArguments*, void>)(code + offsets[i]);
    }

    /// <summary>Whether this processor has the instructions and this system is known to map code.</summary>
    public static bool IsSupported { get; } = ExecutableMemory.IsSupported && Avx512BW.IsSupported && HasVnni();

    public override int MaxRows => Rows;

    /// <summary>The tiles, emitted once; null where the system forbids it.</summary>
    public static VnniTiles? TryGet() => IsSupported ? Shared.Value : null;

    public override void Run(WeightFormat format, int rows, TileArguments* tile)
    {
        int variant = 0;
        if (tile->Next is not null && tile->TileCount > 1)
        {
            int lines = (format == WeightFormat.Int8 ? EightBits.BlockBytes : FourBits.BlockBytes) / 64;
            int share = (lines + (int)tile->TileCount - 1) / (int)tile->TileCount;
            while (FetchedLines[++variant] < share) { }
            nint first = tile->Tile * FetchedLines[variant];
            if (first < lines) tile->Next += 64 * first;
            else variant = 0;
        }

        _tiles[Index(format == WeightFormat.Int8, rows, variant)](tile);
    }

    private static int Index(bool eightBits, int rows, int variant) => ((eightBits ? Rows : 0) + rows - 1) * FetchedLines.Length + variant;

    private static bool HasVnni()
    {
        const int Vnni = 1 << 11; // leaf 7, ECX
        return X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx & Vnni) != 0;
    }

    private static VnniTiles? Make()
    {
        var offsets = new int[2 * Rows * FetchedLines.Length];
        byte* memory = ExecutableMemory.TryMap(offsets, index =>
            VnniEmitter.Emit(index / FetchedLines.Length >= Rows, index / FetchedLines.Length % Rows + 1, FetchedLines[index % FetchedLines.Length]));
        return memory is null ? null : new VnniTiles(memory, offsets);
    }
}
