using Furiosa.Device.Kernels;
using Furiosa.Device.Kernels.Quantized;
using Furiosa.Device.Kernels.Rounded;

namespace Furiosa.Tests.Device.Kernels.Rounded;

[TestFixture]
internal sealed unsafe class PairProbeTests
{
    [Test]
    public void Agrees_TheTwinWithItself_Does() => Assert.That(PairProbe.Agrees(new ManagedPairTiles()));

    [TestCase(Other.EvenFirst)]
    [TestCase(Other.PairTogether)]
    [TestCase(Other.KeepsDenormals)]
    public void Agrees_OtherOrdersAndRoundings_DoNot(Other way) => Assert.That(PairProbe.Agrees(new OtherTiles(way)), Is.False);

    [Test]
    public void Require_AsThisMachineIs_PassesOrSaysWhatToDo()
    {
        if (PairTiles.IsSupported) Assert.That(PairProbe.Require, Throws.Nothing);
        else Assert.That(PairProbe.Require, Throws.ArgumentException.With.Message.Contains("AVX-512 BF16").And.Message.Contains("--bf16-products exact"));
    }

    /// <summary>What a processor might do instead.</summary>
    internal enum Other
    {
        EvenFirst,
        PairTogether,
        KeepsDenormals,
    }

    private sealed class OtherTiles(Other way) : IntegerTiles
    {
        public override int MaxRows => 1;

        public override void Run(WeightFormat format, int rows, TileArguments* tile)
        {
            for (int column = 0; column < PackedMatrix.PanelColumns; column++)
            {
                float sum = tile->Continues != 0 ? tile->Sums[column] : 0;
                for (int i = 0; i < tile->Groups; i++) sum = Add(((uint*)tile->Weights)[i * PackedMatrix.PanelColumns + column], ((uint*)tile->Activations)[i], sum);
                tile->Sums[column] = sum;
            }
        }

        private float Add(uint w, uint x, float sum) => way switch
        {
            Other.EvenFirst => RoundedTwin.Add(Odd(x), Odd(w), RoundedTwin.Add(Even(x), Even(w), sum)),
            Other.PairTogether => RoundedTwin.Add(RoundedTwin.Add(Even(x), Even(w), RoundedTwin.Add(Odd(x), Odd(w), 0)), 1, sum),
            _ => MathF.FusedMultiplyAdd(Even(x), Even(w), MathF.FusedMultiplyAdd(Odd(x), Odd(w), sum)),
        };

        private static float Odd(uint pair) => BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000);

        private static float Even(uint pair) => BitConverter.UInt32BitsToSingle(pair << 16);
    }
}
