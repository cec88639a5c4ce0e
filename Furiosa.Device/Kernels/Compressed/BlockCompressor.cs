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
    /// <param name="pairs">The pairs of a panel of bfloat16.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="target">Takes the blocks.</param>
    /// <param name="plain">Whether to use plain loops; the result is the same.</param>
    public static bool TryCompress(ushort* pairs, int inputs, byte* target, bool plain = false)
    {
        for (int first = 0; first < inputs; first += CompressedLayout.BlockInputs, pairs += CompressedLayout.BlockInputs * Columns, target += CompressedLayout.BlockBytes)
        {
            if (!TryBlock(pairs, (Math.Min(inputs - first, CompressedLayout.BlockInputs) + 1) / 2, target, plain || !Avx2.IsSupported)) return false;
        }

        return true;
    }

    [SkipLocalsInit]
    private static bool TryBlock(ushort* weights, int pairs, byte* block, bool plain)
    {
        byte* places = stackalloc byte[Values];
        int kinds = Choose(weights, pairs * PairWeights, block, places), exceptions = 0;
        ushort* exceptionPlaces = (ushort*)(block + CompressedLayout.PlacesOffset);
        new Span<ushort>(exceptionPlaces, CompressedLayout.MostExceptions).Fill(CompressedLayout.NoPlace);
        new Span<byte>(block + CompressedLayout.BytesOffset, CompressedLayout.MostExceptions).Clear();
        byte* pair = block + CompressedLayout.HeaderBytes;
        for (int i = 0; i < pairs; i++, weights += PairWeights, pair += CompressedLayout.PairBytes)
        {
            if (plain ? Plain(weights, places, pair) : Vectors(weights, block, kinds, pair)) continue;
            for (int place = 0; place < PairWeights; place++)
            {
                int upper = weights[place % Columns * 2 + place / Columns] >> 8;
                if (places[upper] != CompressedLayout.TableSize) continue;
                if (exceptions == CompressedLayout.MostExceptions) return false;
                exceptionPlaces[exceptions] = (ushort)(i * PairWeights + place);
                block[CompressedLayout.BytesOffset + exceptions++] = (byte)upper;
            }
        }

        return true;
    }

    /// <summary>Chooses the table, finds each upper byte's place in it, and tells how much of it is used.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Choose(ushort* weights, int count, byte* table, byte* places)
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

        new Span<byte>(places, Values).Fill(CompressedLayout.TableSize);
        new Span<byte>(table, CompressedLayout.TableSize).Clear();
        int used = Math.Min(kinds, CompressedLayout.TableSize);
        for (int place = 0; place < used; place++)
        {
            int most = 0;
            for (int i = 1; i < kinds; i++)
            {
                if (counts[present[i]] > counts[present[most]]) most = i;
            }

            byte value = present[most];
            (table[place], places[value], counts[value]) = (value, (byte)place, 0);
        }

        return used;
    }

    /// <summary>Writes a pair; whether all its upper bytes are in the table.</summary>
    private static bool Plain(ushort* weights, byte* places, byte* pair)
    {
        bool all = true;
        new Span<byte>(pair + PairWeights, Columns).Clear();
        for (int i = 0; i < PairWeights; i++)
        {
            int at = i % Columns / 8 * 16 + i / Columns * 8 + i % 8, place = places[weights[i] >> 8];
            pair[at] = (byte)weights[i];
            pair[PairWeights + at % Columns] |= (byte)(place % CompressedLayout.TableSize << (at / Columns * 4));
            all &= place != CompressedLayout.TableSize;
        }

        return all;
    }

    /// <summary>The same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Vectors(ushort* weights, byte* table, int kinds, byte* pair)
    {
        // Packing two vectors within lanes of sixteen bytes is what interleaving them undoes.
        Vector256<ushort> a = Vector256.Load(weights), b = Vector256.Load(weights + 16), c = Vector256.Load(weights + 32), d = Vector256.Load(weights + 48);
        var lower = Vector256.Create((ushort)0xFF);
        Packed(a & lower, c & lower).Store(pair);
        Packed(b & lower, d & lower).Store(pair + Columns);
        Vector256<byte> first = Packed(a >> 8, c >> 8), second = Packed(b >> 8, d >> 8);
        Vector256<byte> firstFound = Vector256<byte>.Zero, secondFound = firstFound, nibbles = firstFound;
        for (int place = 0; place < kinds; place++)
        {
            var value = Vector256.Create(table[place]);
            Vector256<byte> isFirst = Vector256.Equals(first, value), isSecond = Vector256.Equals(second, value);
            nibbles |= (isFirst & Vector256.Create((byte)place)) | (isSecond & Vector256.Create((byte)(place << 4)));
            firstFound |= isFirst;
            secondFound |= isSecond;
        }

        nibbles.Store(pair + PairWeights);
        return (firstFound & secondFound) == Vector256<byte>.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Packed(Vector256<ushort> left, Vector256<ushort> right) => Avx2.PackUnsignedSaturate(left.AsInt16(), right.AsInt16());
}
