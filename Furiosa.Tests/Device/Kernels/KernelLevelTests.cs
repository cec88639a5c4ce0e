using Furiosa.Device.Kernels;

namespace Furiosa.Tests.Device.Kernels;

[TestFixture]
[NonParallelizable]
internal sealed class KernelLevelTests
{
    private string? _before;

    [SetUp]
    public void Remember() => _before = Environment.GetEnvironmentVariable(KernelLevels.EnvironmentVariable);

    [TearDown]
    public void Restore() => Environment.SetEnvironmentVariable(KernelLevels.EnvironmentVariable, _before);

    [TestCase("scalar", KernelLevel.Scalar)]
    [TestCase("vector256", KernelLevel.Vector256)]
    [TestCase("Vector512", KernelLevel.Vector512)]
    public void Resolve_ForcedByEnvironment_IsThat(string value, KernelLevel expected)
    {
        Environment.SetEnvironmentVariable(KernelLevels.EnvironmentVariable, value);

        Assert.That(KernelSet.For(KernelLevel.Auto).Level, Is.EqualTo(expected));
        Assert.That(KernelLevels.Resolve(KernelLevel.Vector256), Is.EqualTo(KernelLevel.Vector256), "an option wins");
    }

    [TestCase("avx")]
    [TestCase("7")]
    public void Resolve_UnknownEnvironment_SaysWhatIsRight(string value)
    {
        Environment.SetEnvironmentVariable(KernelLevels.EnvironmentVariable, value);

        Assert.That(() => KernelLevels.Resolve(KernelLevel.Auto), Throws.ArgumentException.With.Message.Contains("use auto, scalar, vector256, vector512"));
    }
}
