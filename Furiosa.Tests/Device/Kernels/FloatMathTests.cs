using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

public sealed class FloatMathTests
{
    [Test]
    public void Exp_WholeRange_IsWithinTwoUnitsInTheLastPlace()
    {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var x = FloatMath.ExpLowest + random.NextSingle() * (FloatMath.ExpHighest - FloatMath.ExpLowest);
            var exact = Math.Exp(x);
            var unit = MathF.BitIncrement((float)exact) - (float)exact;
            Assert.That(Math.Abs(FloatMath.Exp(x) - exact) / unit, Is.LessThan(2), $"x = {x:R}");
        }
    }

    [Test]
    public void Exp_Borders_AreDefined()
    {
        Assert.That(FloatMath.Exp(0), Is.EqualTo(1));
        Assert.That(FloatMath.Exp(-0f), Is.EqualTo(1));
        Assert.That(FloatMath.Exp(float.NegativeInfinity), Is.Zero);
        Assert.That(FloatMath.Exp(MathF.BitDecrement(FloatMath.ExpLowest)), Is.Zero);
        Assert.That(FloatMath.Exp(FloatMath.ExpLowest), Is.GreaterThan(0).And.LessThan(1.2e-38));
        Assert.That(FloatMath.Exp(FloatMath.ExpHighest), Is.EqualTo(Math.Exp(FloatMath.ExpHighest)).Within(1e33));
        Assert.That(FloatMath.Exp(MathF.BitIncrement(FloatMath.ExpHighest)), Is.EqualTo(float.PositiveInfinity));
        Assert.That(FloatMath.Exp(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(FloatMath.Exp(float.NaN), Is.NaN);
        Assert.That(FloatMath.Exp(float.MaxValue), Is.EqualTo(float.PositiveInfinity));
        Assert.That(FloatMath.Exp(float.MinValue), Is.Zero);
    }

    [Test]
    public void DoubleFunctions_ManyArguments_AgreeWithThePlatform()
    {
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var x = Math.ScaleB(1 + random.NextDouble(), random.Next(-1060, 1000));
            Assert.That(DoubleMath.Log(x), Is.EqualTo(Math.Log(x)).Within(1).Ulps, $"{x:R}");
            var exponent = random.NextDouble() * 1400 - 700;
            Assert.That(DoubleMath.Exp(exponent), Is.EqualTo(Math.Exp(exponent)).Within(4).Ulps, $"{exponent:R}");
            var angle = random.NextDouble() * 2e6;
            var (sine, cosine) = DoubleMath.SinCos(angle);
            Assert.That(sine, Is.EqualTo(Math.Sin(angle)).Within(1e-15), $"{angle:R}");
            Assert.That(cosine, Is.EqualTo(Math.Cos(angle)).Within(1e-15), $"{angle:R}");
        }

        Assert.That(DoubleMath.Log(1), Is.Zero);
        Assert.That(DoubleMath.Log(0), Is.EqualTo(double.NegativeInfinity));
        Assert.That(DoubleMath.Log(-1), Is.NaN);
        Assert.That(DoubleMath.Exp(0), Is.EqualTo(1));
    }
}
