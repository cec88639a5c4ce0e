using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Coded;

/// <summary>
/// One row over whole groups in AVX-512: codes are widened in registers, to the floats that <see cref="CodeWidener"/> gives, and multiplied at
/// once.
/// </summary>
internal static unsafe class CodedRow
{
    private const int Columns = PackedMatrix.PanelColumns;

    /// <summary>Whether the processor has the instructions and codes are whole numbers.</summary>
    public static bool Takes(CodeLayout layout) => Avx512F.IsSupported && !layout.IsFloat;

    /// <summary>The sixteen codes of nibbles, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> TableOf(CodeLayout layout) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Create(layout.Table)));

    /// <summary>Sixteen codes that are bytes, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Bytes(sbyte* codes) => Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(codes)));

    /// <summary>The sums of 32 columns over some groups, from zero.</summary>
    /// <param name="layout">How blocks are laid out.</param>
    /// <param name="block">The first block.</param>
    /// <param name="groups">Groups, all of them whole.</param>
    /// <param name="a">The row.</param>
    /// <param name="y">Takes the sums.</param>
    public static void Run(CodeLayout layout, byte* block, int groups, float* a, float* y)
    {
        switch (layout.IsNarrow, layout.HasOffset)
        {
            case (true, true): Run<Nibbles, Offsets>(layout, block, groups, a, y); break;
            case (true, false): Run<Nibbles, NoOffsets>(layout, block, groups, a, y); break;
            case (false, true): Run<WholeBytes, Offsets>(layout, block, groups, a, y); break;
            default: Run<WholeBytes, NoOffsets>(layout, block, groups, a, y); break;
        }
    }

    private static void Run<TCodes, TOffsets>(CodeLayout layout, byte* block, int groups, float* a, float* y)
    {
        switch (layout.Scales)
        {
            case CodeScales.Floats: Run<TCodes, TOffsets, FloatScales>(layout, block, groups, a, y); break;
            case CodeScales.Halves: Run<TCodes, TOffsets, HalfScales>(layout, block, groups, a, y); break;
            default: Run<TCodes, TOffsets, ProductScales>(layout, block, groups, a, y); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TCodes, TOffsets, TScales>(CodeLayout layout, byte* block, int groups, float* a, float* y)
    {
        bool narrow = typeof(TCodes) == typeof(Nibbles), offsets = typeof(TOffsets) == typeof(Offsets);
        int size = layout.GroupSize, groupBytes = layout.GroupBytes, codesOffset = layout.CodesOffset, blockBytes = layout.BlockBytes, firstGroup = layout.FirstGroup, groupsInBlock = layout.GroupsInBlock;

        // Nothing is called while these live, so that they stay in registers.
        Vector512<float> left = Vector512<float>.Zero, right = left, table = narrow ? TableOf(layout) : left;
        for (; groups > 0; block += blockBytes)
        {
            byte* group = block + firstGroup;
            LaneFetch<Lanes512>.Ahead(block, firstGroup);
            for (int i = Math.Min(groups, groupsInBlock); i > 0; i--, groups--, group += groupBytes)
            {
                Vector512<float> leftScale = CodeScaleReader.Sixteen<TScales>(block, group, 0), rightScale = CodeScaleReader.Sixteen<TScales>(block, group, 16);
                Vector512<float> leftOffset = offsets ? CodeScaleReader.Sixteen<TScales>(block, group, Columns) : leftScale;
                Vector512<float> rightOffset = offsets ? CodeScaleReader.Sixteen<TScales>(block, group, Columns + 16) : leftScale;
                byte* codes = group + codesOffset;
                LaneFetch<Lanes512>.Ahead(group, groupBytes);
                for (float* end = a + size; a < end;)
                {
                    Vector512<int> leftWords = default, rightWords = default;
                    if (narrow)
                    {
                        (leftWords, rightWords) = (Vector512.Load((int*)codes), Vector512.Load((int*)codes + 16));
                        codes += 2 * Vector512<byte>.Count;
                    }

                    for (int j = 0; j < CodeLayout.WordInputs; j++, a++)
                    {
                        Vector512<float> x = Vector512.Create(*a), leftCode, rightCode;
                        if (narrow)
                        {
                            // Looking up sees the low four bits of a word only.
                            (leftCode, rightCode) = (Avx512F.PermuteVar16x32(table, leftWords), Avx512F.PermuteVar16x32(table, rightWords));
                            (leftWords, rightWords) = (leftWords >>> 4, rightWords >>> 4);
                        }
                        else
                        {
                            (leftCode, rightCode) = (Bytes((sbyte*)codes), Bytes((sbyte*)codes + 16));
                            codes += Columns;
                        }

                        // The product is exact, so that it and the sum may be rounded as one.
                        left = Vector512.FusedMultiplyAdd(x, offsets ? Vector512.FusedMultiplyAdd(leftCode, leftScale, leftOffset) : leftCode * leftScale, left);
                        right = Vector512.FusedMultiplyAdd(x, offsets ? Vector512.FusedMultiplyAdd(rightCode, rightScale, rightOffset) : rightCode * rightScale, right);
                    }
                }
            }
        }

        left.Store(y);
        right.Store(y + 16);
    }

    private readonly struct Nibbles;

    private readonly struct WholeBytes;

    private readonly struct Offsets;

    private readonly struct NoOffsets;
}
