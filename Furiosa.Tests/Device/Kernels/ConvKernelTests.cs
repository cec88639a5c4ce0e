using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

/// <summary>The short convolution against plain loops, to the bit.</summary>
[TestFixture(KernelLevel.Scalar)]
[TestFixture(KernelLevel.Vector256)]
[TestFixture(KernelLevel.Vector512)]
internal sealed unsafe class ConvKernelTests(KernelLevel level)
{
    private readonly KernelSet _kernels = KernelSet.For(level);

    [Test]
    public void Convolve_OddSizes_EqualsPlainLoops([Values(0, 1, 15, 16, 17, 80, 250)] int channels, [Values(1, 2, 3, 16)] int count, [Values] bool biased, [Values] bool strange)
    {
        const int Beside = 3; // channels of others between one position's weights and the next
        float[] Some(int seed, int size) => strange ? TestValues.Strange(seed, size) : TestValues.Floats(seed, size);
        float[] rows = Some(1, count * channels), taps = Some(2, count * (channels + Beside)), bias = Some(3, channels), gate = Some(4, channels);
        float[] y = new float[channels + 1], activated = new float[channels + 1], expected = new float[channels], expectedActivated = new float[channels];
        y[channels] = activated[channels] = 7;
        for (int channel = 0; channel < channels; channel++)
        {
            float sum = rows[channel] * taps[channel];
            for (int k = 1; k < count; k++) sum = MathF.FusedMultiplyAdd(rows[k * channels + channel], taps[k * (channels + Beside) + channel], sum);
            if (biased) sum += bias[channel];
            expected[channel] = gate[channel] * sum;
            expectedActivated[channel] = TwinMath.Silu(sum);
        }

        float** pointers = stackalloc float*[count];
        fixed (float* pr = rows, pt = taps, pb = bias, pg = gate, py = y, pa = activated)
        {
            for (int k = 0; k < count; k++) pointers[k] = pr + k * channels;
            _kernels.Convolve(pointers, count, pt, channels + Beside, biased ? pb : null, pg, py, channels);
            _kernels.ConvolveSilu(pointers, count, pt, channels + Beside, biased ? pb : null, pa, channels);
        }

        Bits.AssertEqual(y.AsSpan(0, channels), expected, "convolution");
        Bits.AssertEqual(activated.AsSpan(0, channels), expectedActivated, "convolution and SiLU");
        Assert.That((y[channels], activated[channels]), Is.EqualTo((7f, 7f)), "nothing is written behind the row");
    }
}
