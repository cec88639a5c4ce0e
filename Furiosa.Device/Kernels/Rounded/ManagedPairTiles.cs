using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Furiosa.Device.Kernels.Quantized;

namespace Furiosa.Device.Kernels.Rounded;

/// <summary>The twin of <see cref="PairTiles"/>: the same operations without the instruction, on any machine and slowly.</summary>
internal sealed unsafe class ManagedPairTiles : IntegerTiles
{
    private const int Vectors = PackedMatrix.PanelColumns / 8;

    public override int MaxRows => 4;

    public override void Run(WeightFormat format, int rows, TileArguments* tile)
    {
        for (int row = 0; row < rows; row++)
        {
            float* sums = (float*)((byte*)tile->Sums + row * tile->SumStride);
            for (int vector = 0; vector < Vectors; vector++)
                Columns(tile, (uint*)(tile->Activations + row * tile->ActivationStride), (uint*)tile->Weights + 8 * vector, sums + 8 * vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(TileArguments* tile, uint* pairs, uint* weights, float* sums)
    {
        var sum = tile->Continues != 0 ? PairMath.Flush(Vector256.Load((uint*)sums)).AsSingle() : Vector256<float>.Zero;
        for (nint i = 0; i < tile->Groups; i++, weights += PackedMatrix.PanelColumns)
        {
            Vector256<uint> weight = Vector256.Load(weights), pair = Vector256.Create(pairs[i]);
            sum = PairMath.Add(Odd(weight), Odd(pair), sum);
            sum = PairMath.Add(Even(weight), Even(pair), sum);
        }

        sum.Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Odd(Vector256<uint> pairs) => PairMath.Flush(pairs & Vector256.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Even(Vector256<uint> pairs) => PairMath.Flush(Vector256.ShiftLeft(pairs, 16)).AsSingle();
}
