using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Furiosa.Device.Kernels.Quantized;

/// <summary>Tiles over one kind of lanes: 16-bit products of the even and the odd bytes.</summary>
internal sealed unsafe class ManagedTiles<TIntegers, TLanes> : IntegerTiles
    where TIntegers : struct, IIntegerLanes<TIntegers, TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    public override int MaxRows => 4;

    public override void Run(WeightFormat format, int rows, TileArguments* tile)
    {
        if (format == WeightFormat.Int8) Run<EightBits>(rows, tile);
        else Run<FourBits>(rows, tile);
    }

    private static void Run<TBits>(int rows, TileArguments* tile) where TBits : IWeightBits
    {
        if (rows == 4)
        {
            Rows4<TBits>(tile);
            return;
        }

        var rest = *tile;
        for (; rows > 0; rows--)
        {
            Rows1<TBits>(&rest);
            rest.Activations += rest.ActivationStride;
            rest.Sums = (float*)((byte*)rest.Sums + rest.SumStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<TBits>(TileArguments* tile) where TBits : IWeightBits
    {
        byte* block = tile->Weights, row = tile->Activations;
        Begin(tile, 0, out var left, out var right);
        for (nint group = tile->Groups; group > 0; group--, block += TBits.BlockBytes, row += GroupLayout.RowGroupBytes)
        {
            TIntegers l = TIntegers.Broadcast(*(int*)(row + TBits.StartOffset)), r = l;
            for (int step = 0; step < 8; step++)
            {
                var bytes = TBits.Load<TIntegers, TLanes>(block, step, 0);
                TIntegers leftEven = TIntegers.Even(bytes), leftOdd = TIntegers.Odd(bytes);
                bytes = TBits.Load<TIntegers, TLanes>(block, step, 1);
                TIntegers rightEven = TIntegers.Even(bytes), rightOdd = TIntegers.Odd(bytes);
                Step(row + 4 * step, leftEven, leftOdd, rightEven, rightOdd, ref l, ref r);
            }

            Add(row, l, r, TIntegers.Halves(block), TIntegers.Halves(block + 32), ref left, ref right);
        }

        Save(tile, 0, left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<TBits>(TileArguments* tile) where TBits : IWeightBits
    {
        byte* block = tile->Weights, row0 = tile->Activations, row1 = row0 + tile->ActivationStride;
        byte* row2 = row1 + tile->ActivationStride, row3 = row2 + tile->ActivationStride;
        byte* next = tile->Next;
        Begin(tile, 0, out var left0, out var right0);
        Begin(tile, 1, out var left1, out var right1);
        Begin(tile, 2, out var left2, out var right2);
        Begin(tile, 3, out var left3, out var right3);
        for (nint group = tile->Groups, offset = 0; group > 0; group--, block += TBits.BlockBytes, offset += GroupLayout.RowGroupBytes)
        {
            TIntegers l0 = TIntegers.Broadcast(*(int*)(row0 + offset + TBits.StartOffset)), r0 = l0;
            TIntegers l1 = TIntegers.Broadcast(*(int*)(row1 + offset + TBits.StartOffset)), r1 = l1;
            TIntegers l2 = TIntegers.Broadcast(*(int*)(row2 + offset + TBits.StartOffset)), r2 = l2;
            TIntegers l3 = TIntegers.Broadcast(*(int*)(row3 + offset + TBits.StartOffset)), r3 = l3;
            for (int step = 0; step < 8; step++)
            {
                var bytes = TBits.Load<TIntegers, TLanes>(block, step, 0);
                TIntegers leftEven = TIntegers.Even(bytes), leftOdd = TIntegers.Odd(bytes);
                bytes = TBits.Load<TIntegers, TLanes>(block, step, 1);
                TIntegers rightEven = TIntegers.Even(bytes), rightOdd = TIntegers.Odd(bytes);
                Step(row0 + offset + 4 * step, leftEven, leftOdd, rightEven, rightOdd, ref l0, ref r0);
                Step(row1 + offset + 4 * step, leftEven, leftOdd, rightEven, rightOdd, ref l1, ref r1);
                Step(row2 + offset + 4 * step, leftEven, leftOdd, rightEven, rightOdd, ref l2, ref r2);
                Step(row3 + offset + 4 * step, leftEven, leftOdd, rightEven, rightOdd, ref l3, ref r3);
            }

            TLanes scaleLeft = TIntegers.Halves(block), scaleRight = TIntegers.Halves(block + 32);
            Add(row0 + offset, l0, r0, scaleLeft, scaleRight, ref left0, ref right0);
            Add(row1 + offset, l1, r1, scaleLeft, scaleRight, ref left1, ref right1);
            Add(row2 + offset, l2, r2, scaleLeft, scaleRight, ref left2, ref right2);
            Add(row3 + offset, l3, r3, scaleLeft, scaleRight, ref left3, ref right3);
            if (Sse.IsSupported && next is not null) next = Prefetch(next, tile->Tile, tile->TileCount, TBits.BlockBytes);
        }

        Save(tile, 0, left0, right0);
        Save(tile, 1, left1, right1);
        Save(tile, 2, left2, right2);
        Save(tile, 3, left3, right3);
    }

    private static byte* Prefetch(byte* next, nint tile, nint tiles, int blockBytes)
    {
        int lines = blockBytes / 64;
        for (nint line = tile * lines / tiles; line < (tile + 1) * lines / tiles; line++) Sse.Prefetch1(next + 64 * line);
        return next + blockBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        byte* activations, TIntegers leftEven, TIntegers leftOdd, TIntegers rightEven, TIntegers rightOdd, ref TIntegers left, ref TIntegers right)
    {
        var bytes = TIntegers.Broadcast(*(int*)activations);
        TIntegers even = TIntegers.EvenSigned(bytes), odd = TIntegers.OddSigned(bytes);
        left = TIntegers.AddProducts(TIntegers.AddProducts(left, leftEven, even), leftOdd, odd);
        right = TIntegers.AddProducts(TIntegers.AddProducts(right, rightEven, even), rightOdd, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(byte* row, TIntegers l, TIntegers r, TLanes scaleLeft, TLanes scaleRight, ref TLanes left, ref TLanes right)
    {
        var origin = TLanes.Broadcast(*(float*)(row + GroupLayout.OriginOffset));
        left = TLanes.Fma(TIntegers.AsFloats(l) - origin, scaleLeft, left);
        right = TLanes.Fma(TIntegers.AsFloats(r) - origin, scaleRight, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(TileArguments* tile, int row, out TLanes left, out TLanes right)
    {
        left = right = TLanes.Zero;
        if (tile->Continues == 0) return;
        float* sums = (float*)((byte*)tile->Sums + row * tile->SumStride);
        left = TLanes.Load(sums);
        right = TLanes.Load(sums + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Save(TileArguments* tile, int row, TLanes left, TLanes right)
    {
        float* sums = (float*)((byte*)tile->Sums + row * tile->SumStride);
        TLanes.Store(sums, left);
        TLanes.Store(sums + 16, right);
    }
}
