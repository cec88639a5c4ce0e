using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>Whether this machine can serve with rows rounded to BF16: it has the instruction, and the instruction does what its twin does.</summary>
internal static unsafe class PairProbe
{
    private const int Groups = 8;
    private const int Rounds = 1200;
    private const string Remedy = "serve with --bf16-products exact";

    /// <summary>Refuses a machine that cannot.</summary>
    /// <exception cref="ArgumentException">It has not the instruction, forbids emitted code, or rounds otherwise.</exception>
    public static void Require()
    {
        if (!PairTiles.IsSupported)
            throw new ArgumentException($"bf16-products fast needs a processor with AVX-512 BF16 (Zen 4, Cooper Lake, Sapphire Rapids or later) and Linux: {Remedy}.");
        if (PairTiles.TryGet() is not { } tiles)
            throw new ArgumentException($"bf16-products fast needs code made at start-up, which this system forbids: {Remedy}.");
        if (!Agrees(tiles))
            throw new ArgumentException($"bf16-products fast is not served on this processor: its BF16 dot product rounds differently, and answers would depend on the machine. {Remedy}.");
    }

    /// <summary>
    /// Whether tiles of every number of rows give the bits of their twin: fixed numbers of all sizes, ties, denormals and results below 2^-126
    /// among them.
    /// </summary>
    public static bool Agrees(IntegerTiles tiles)
    {
        const int Columns = PackedMatrix.PanelColumns;
        int most = tiles.MaxRows;
        uint* weights = stackalloc uint[Groups * Columns], rows = stackalloc uint[most * Groups];
        float* actual = stackalloc float[most * Columns], expected = stackalloc float[most * Columns];
        TileArguments tile = new()
        {
            Weights = (byte*)weights, Activations = (byte*)rows, ActivationStride = Groups * sizeof(uint), Groups = Groups, SumStride = Columns * sizeof(float),
        };
        var twin = new ManagedPairTiles();
        uint state = 1;
        for (int round = 0; round < Rounds; round++)
        {
            // Every round has exponents of its own width: sums of like sizes round at every step, others lose or keep one side.
            int count = round % most + 1;
            for (int i = 0; i < Groups * Columns; i++) weights[i] = Pair(ref state, round);
            for (int i = 0; i < count * Groups; i++) rows[i] = Pair(ref state, round / 4);
            for (int i = 0; i < count * Columns; i++) actual[i] = expected[i] = Start(ref state, round / 2);
            tile.Continues = round / 3 & 1;
            tile.Sums = actual;
            tiles.Run(WeightFormat.Bf16Rounded, count, &tile);
            tile.Sums = expected;
            twin.Run(WeightFormat.Bf16Rounded, count, &tile);
            if (!new ReadOnlySpan<uint>(actual, count * Columns).SequenceEqual(new ReadOnlySpan<uint>(expected, count * Columns))) return false;
        }

        return true;
    }

    private static float Start(ref uint state, int round) => BitConverter.UInt32BitsToSingle((Pair(ref state, round) & 0xFFFF0000) | (Next(ref state) & 0xFFFF));

    private static uint Pair(ref uint state, int round) => Half(ref state, round) | Half(ref state, round) << 16;

    /// <summary>A sign, an exponent around 2^0 or, in every eighth round, around 2^-63 or below 2^-126, and seven bits.</summary>
    private static uint Half(ref uint state, int round)
    {
        uint random = Next(ref state), width = (uint)round % 24 + 1, middle = (round & 7) switch { 6 => 64u, 7 => 12u, _ => 127u };
        uint exponent = Math.Max(middle + (random >> 8) % width, width / 2) - width / 2;
        return (random >> 31 << 15) | exponent << 7 | (random & 0x7F);
    }

    private static uint Next(ref uint state)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state;
    }
}
