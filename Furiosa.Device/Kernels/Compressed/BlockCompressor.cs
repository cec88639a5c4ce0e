using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Compressed;

/// <summary>Compresses blocks of a panel.</summary>
internal static unsafe class BlockCompressor
{
    private const int Values = 256; // of a byte
    private const int Columns = PackedMatrix.PanelColumns;
    private const int PairWeights = CompressedLayout.PairWeights;

    /// <summary>Compresses some inputs of a panel; false where a block has too many exceptions.</summary>
    /// <param name="pairs">The pairs of a panel of bfloat16; the second half of a last pair of one input should be zeros, which cost no exception as a rule.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="target">Takes the blocks.</param>
    /// <param name="plain">Whether to use plain loops; the result is the same.</param>
    public static bool TryCompress(ushort* pairs, int inputs, byte* target, bool plain = false)
    {
        for (int first = 0, kinds = 0; first < inputs; first += CompressedLayout.BlockInputs, pairs += CompressedLayout.BlockInputs * Columns, target += CompressedLayout.BlockBytes)
        {
            int blockPairs = (Math.Min(inputs - first, CompressedLayout.BlockInputs) + 1) / 2;
            byte* before = first == 0 ? null : target - CompressedLayout.BlockBytes;
            if (!TryBlock(pairs, blockPairs, target, before, ref kinds, plain || !Avx2.IsSupported)) return false;
        }

        return true;
    }

    /// <summary>Compresses a block: by the table of the block before where that has all of its upper bytes, which saves counting them, or else by its own.</summary>
    private static bool TryBlock(ushort* weights, int pairs, byte* block, byte* tableBefore, ref int kinds, bool plain)
    {
        if (tableBefore is not null)
        {
            Buffer.MemoryCopy(tableBefore, block, CompressedLayout.TableSize, CompressedLayout.TableSize);
            if (TryWrite(weights, pairs, block, kinds, 0, plain)) return true;
        }

        kinds = Choose(weights, pairs * PairWeights, block);
        return TryWrite(weights, pairs, block, kinds, CompressedLayout.MostExceptions, plain);
    }

    /// <summary>Writes all of a block but its table.</summary>
    [SkipLocalsInit]
    private static bool TryWrite(ushort* weights, int pairs, byte* block, int kinds, int mostExceptions, bool plain)
    {
        byte* places = stackalloc byte[Values], chosen = stackalloc byte[PairWeights];
        new Span<byte>(places, Values).Fill(CompressedLayout.TableSize);
        for (int place = 0; place < kinds; place++) places[block[place]] = (byte)place;
        int exceptions = 0;
        ushort* exceptionPlaces = (ushort*)(block + CompressedLayout.PlacesOffset);
        new Span<ushort>(exceptionPlaces, CompressedLayout.MostExceptions).Fill(CompressedLayout.NoPlace);
        new Span<byte>(block + CompressedLayout.BytesOffset, CompressedLayout.MostExceptions).Clear();
        for (int i = 0; i < pairs; i++, weights += PairWeights)
        {
            byte* unit = block + CompressedLayout.HeaderBytes + i / 2 * CompressedLayout.UnitBytes, nibbles = unit + CompressedLayout.NibblesOffset;
            byte* lower = unit + i % 2 * PairWeights;
            bool all = plain ? Plain(weights, places, lower, chosen) : Vectors(weights, block, kinds, lower, chosen);
            // The pair before is in the low nibbles; no place is so large that shifting it touches the byte beside it.
            for (int at = 0; at < PairWeights; at += Vector128<byte>.Count)
            {
                var own = Vector128.Load(chosen + at);
                (i % 2 == 0 ? own : Vector128.Load(nibbles + at) | (own.AsUInt16() << 4).AsByte()).Store(nibbles + at);
            }

            for (int place = 0; !all && place < PairWeights; place++)
            {
                int upper = weights[place % Columns * 2 + place / Columns] >> 8;
                if (places[upper] != CompressedLayout.TableSize) continue;
                if (exceptions == mostExceptions) return false;
                exceptionPlaces[exceptions] = (ushort)(i * PairWeights + place);
                block[CompressedLayout.BytesOffset + exceptions++] = (byte)upper;
            }
        }

        return true;
    }

    /// <summary>Chooses the table and tells how much of it is used.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Choose(ushort* weights, int count, byte* table)
    {
        // Two counts of each, so that one need not wait for the one before.
        int* counts = stackalloc int[2 * Values];
        new Span<int>(counts, 2 * Values).Clear();
        for (int i = 0; i < count; i += 4)
        {
            ulong four = *(ulong*)(weights + i);
            counts[(byte)(four >> 8)]++;
            counts[Values + (byte)(four >> 24)]++;
            counts[(byte)(four >> 40)]++;
            counts[Values + (four >> 56)]++;
        }

        byte* present = stackalloc byte[Values];
        int kinds = 0;
        for (int value = 0; value < Values; value++)
        {
            counts[value] += counts[Values + value];
            present[kinds] = (byte)value;
            if (counts[value] > 0) kinds++;
        }

        // A few too many as a rule: the rarest go.
        for (; kinds > CompressedLayout.TableSize; kinds--)
        {
            int least = 0;
            for (int i = 1; i < kinds; i++)
            {
                if (counts[present[i]] < counts[present[least]]) least = i;
            }

            present[least] = present[kinds - 1];
        }

        new Span<byte>(table, CompressedLayout.TableSize).Clear();
        new Span<byte>(present, kinds).CopyTo(new Span<byte>(table, kinds));
        return kinds;
    }

    /// <summary>Writes the lower bytes of a pair and the places of its upper bytes in the table; whether all are there.</summary>
    private static bool Plain(ushort* weights, byte* places, byte* lower, byte* chosen)
    {
        bool all = true;
        for (int i = 0; i < PairWeights; i++)
        {
            int at = i % Columns / 8 * 16 + i / Columns * 8 + i % 8, place = places[weights[i] >> 8];
            (lower[at], chosen[at]) = ((byte)weights[i], (byte)(place % CompressedLayout.TableSize));
            all &= place != CompressedLayout.TableSize;
        }

        return all;
    }

    /// <summary>The same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Vectors(ushort* weights, byte* table, int kinds, byte* lower, byte* chosen)
    {
        // Packing two vectors within lanes of sixteen bytes is what interleaving them undoes.
        var all = Vector256<byte>.AllBitsSet;
        for (int half = 0; half < PairWeights; half += Columns)
        {
            Vector256<ushort> left = Vector256.Load(weights + half / 2), right = Vector256.Load(weights + half / 2 + Columns);
            Packed(left & Vector256.Create((ushort)0xFF), right & Vector256.Create((ushort)0xFF)).Store(lower + half);
            Vector256<byte> upper = Packed(left >> 8, right >> 8), places = Vector256<byte>.Zero, found = places;
            for (int place = 0; place < kinds; place++)
            {
                var isHere = Vector256.Equals(upper, Vector256.Create(table[place]));
                places |= isHere & Vector256.Create((byte)place);
                found |= isHere;
            }

            places.Store(chosen + half);
            all &= found;
        }

        return all == Vector256<byte>.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Packed(Vector256<ushort> left, Vector256<ushort> right) => Avx2.PackUnsignedSaturate(left.AsInt16(), right.AsInt16());
}
