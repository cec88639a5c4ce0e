using System.Buffers;

namespace Furiosa.Device.Loading.Gguf;

/// <summary>Rows of a GGUF tensor made of blocks. The block's layouts are those of ggml, little-endian.</summary>
internal sealed unsafe class GgufRows : GroupedRows
{
    private static readonly sbyte[] Around8 = [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7];
    private static readonly sbyte[] FromZero = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    private readonly MappedFile _file;
    private readonly long _start;
    private readonly long _rowBytes;
    private readonly GgufTensorType _type;
    private readonly int _blockBytes;
    private readonly int _groupsInBlock;
    private readonly sbyte[] _table;

    /// <param name="file">The file.</param>
    /// <param name="start">Where the tensor begins in it.</param>
    /// <param name="columns">Elements of a row, whole blocks.</param>
    /// <param name="type">A type made of blocks.</param>
    public GgufRows(MappedFile file, long start, long columns, GgufTensorType type)
        : base(GroupOf(type), IsNarrowType(type), HasOffsets(type))
    {
        var (elements, bytes) = type.Block();
        (_file, _start, _type, _blockBytes) = (file, start, type, bytes);
        _rowBytes = columns / elements * bytes;
        _groupsInBlock = elements / GroupSize;
        _table = type switch
        {
            GgufTensorType.IQ4_NL or GgufTensorType.IQ4_XS => GgufBlocks.Curve,
            GgufTensorType.MXFP4 => Fp4.Doubled,
            GgufTensorType.Q4_0 or GgufTensorType.Q3_K => Around8,
            _ => IsNarrow ? FromZero : [],
        };
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<sbyte> Table => _table;

    /// <inheritdoc/>
    public override void ReadGroup(long row, long group, Span<sbyte> codes, out float scale, out float offset)
    {
        var (index, part) = Math.DivRem(group, _groupsInBlock);
        Decode(_file.Pointer + _start + row * _rowBytes + index * _blockBytes, part, codes, out scale, out offset);
    }

    /// <inheritdoc/>
    public override bool HasFactors => _groupsInBlock > 1;

    /// <inheritdoc/>
    public override void ReadFactors(long row, long group, out (float Unit, sbyte Factor) scale, out (float Unit, sbyte Factor) offset)
    {
        var (index, part) = Math.DivRem(group, _groupsInBlock);
        byte* block = _file.Pointer + _start + row * _rowBytes + index * _blockBytes;
        offset = default;
        switch (_type)
        {
            case GgufTensorType.IQ4_XS: scale = GgufBlocks.Iq4XsFactors(block, (int)part); break;
            case GgufTensorType.Q2_K: scale = GgufKBlocks.Q2KFactors(block, (int)part, out offset); break;
            case GgufTensorType.Q3_K: scale = GgufKBlocks.Q3KFactors(block, (int)part); break;
            case GgufTensorType.Q6_K: scale = GgufKBlocks.Q6KFactors(block, (int)part); break;
            default: scale = GgufKBlocks.Factors(block, (int)part, out offset); break;
        }
    }

    /// <inheritdoc/>
    public override void ReadFromFile(long row, Span<float> destination)
    {
        Span<sbyte> codes = stackalloc sbyte[LargestGroup];
        codes = codes[..GroupSize];
        var bytes = ArrayPool<byte>.Shared.Rent(checked((int)_rowBytes));
        _file.Read(_start + row * _rowBytes, bytes.AsSpan(0, (int)_rowBytes));
        fixed (byte* blocks = bytes)
        {
            for (var group = 0; group < destination.Length / GroupSize; group++)
            {
                var (index, part) = Math.DivRem(group, _groupsInBlock);
                Decode(blocks + index * _blockBytes, part, codes, out var scale, out var offset);
                Widen(codes, scale, offset, destination[(group * GroupSize)..]);
            }
        }

        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Decode(byte* block, long part, Span<sbyte> codes, out float scale, out float offset)
    {
        offset = 0;
        switch (_type)
        {
            case GgufTensorType.Q4_0: scale = GgufBlocks.Q4_0(block, codes); break;
            case GgufTensorType.Q4_1: scale = GgufBlocks.Q4_1(block, codes, out offset); break;
            case GgufTensorType.Q5_0: scale = GgufBlocks.Q5_0(block, codes); break;
            case GgufTensorType.Q5_1: scale = GgufBlocks.Q5_1(block, codes, out offset); break;
            case GgufTensorType.Q8_0: scale = GgufBlocks.Q8_0(block, codes); break;
            case GgufTensorType.IQ4_NL: scale = GgufBlocks.Iq4Nl(block, codes); break;
            case GgufTensorType.IQ4_XS: scale = GgufBlocks.Iq4Xs(block, (int)part, codes); break;
            case GgufTensorType.MXFP4: scale = GgufBlocks.Mxfp4(block, codes); break;
            case GgufTensorType.Q2_K: scale = GgufKBlocks.Q2K(block, (int)part, codes, out offset); break;
            case GgufTensorType.Q3_K: scale = GgufKBlocks.Q3K(block, (int)part, codes); break;
            case GgufTensorType.Q4_K: scale = GgufKBlocks.Q4K(block, (int)part, codes, out offset); break;
            case GgufTensorType.Q5_K: scale = GgufKBlocks.Q5K(block, (int)part, codes, out offset); break;
            default: scale = GgufKBlocks.Q6K(block, (int)part, codes); break;
        }
    }

    private static int GroupOf(GgufTensorType type) => type is GgufTensorType.Q2_K or GgufTensorType.Q3_K or GgufTensorType.Q6_K ? 16 : 32;

    private static bool IsNarrowType(GgufTensorType type) =>
        type is not (GgufTensorType.Q5_0 or GgufTensorType.Q5_1 or GgufTensorType.Q8_0 or GgufTensorType.Q5_K or GgufTensorType.Q6_K);

    private static bool HasOffsets(GgufTensorType type) =>
        type is GgufTensorType.Q4_1 or GgufTensorType.Q5_1 or GgufTensorType.Q2_K or GgufTensorType.Q4_K or GgufTensorType.Q5_K;
}
