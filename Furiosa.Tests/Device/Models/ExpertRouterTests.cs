using Furiosa.Device.Kernels;
using Furiosa.Device.Models;

namespace Furiosa.Tests.Device.Models;

[TestFixture]
internal sealed class ExpertRouterTests
{
    private static readonly ExpertConfig Experts = new() { Count = 5, PerToken = 3, Width = 8, Normalized = true, Layers = [true] };

    [Test]
    public void Choose_Ties_GoToTheLowerIndexInAscendingOrder() =>
        Assert.That(Choose([1, 2, 2, 2, 0], Experts).Chosen, Is.EqualTo(new[] { 1, 2, 3 }));

    [Test]
    public void Choose_TieAtTheBorder_LeavesTheHigherIndexOut() =>
        Assert.That(Choose([3, 1, 3, 1, 1], Experts).Chosen, Is.EqualTo(new[] { 0, 1, 2 }));

    [Test]
    public void Choose_Normalized_AddsUpToOne() => Assert.That(Choose([0.5f, -1, 2, 0, 1], Experts).Weights.Sum(), Is.EqualTo(1).Within(1e-6));

    [Test]
    public void Choose_NotNormalized_IsTheShareOfTheSoftmax()
    {
        float[] logits = [0.5f, -1, 2, 0, 1];
        var (chosen, weights) = Choose(logits, Experts with { Normalized = false });

        double total = logits.Sum(logit => Math.Exp(logit));
        for (int i = 0; i < 3; i++) Assert.That(weights[i], Is.EqualTo(Math.Exp(logits[chosen[i]]) / total).Within(1e-6));
    }

    [Test]
    public void Choose_SharedExpert_ComesLastWithItsSigmoid()
    {
        var (chosen, weights) = Choose([0.5f, -1, 2, 0, 1, -0.4f], Experts with { SharedWidth = 4, SharedGate = true });

        Assert.That(chosen, Is.EqualTo(new[] { 0, 2, 4, 5 }));
        Assert.That(weights[3], Is.EqualTo(1f / (1f + FloatMath.Exp(0.4f))));
    }

    [Test]
    public void Choose_NotANumber_StillChoosesEnough() =>
        Assert.That(Choose([float.NaN, float.NaN, 1, float.NaN, 2], Experts).Chosen, Is.EqualTo(new[] { 0, 2, 4 }));

    private static (int[] Chosen, float[] Weights) Choose(float[] logits, ExpertConfig experts)
    {
        var chosen = new int[experts.Used];
        var weights = new float[experts.Used];
        ExpertRouter.Choose(logits, experts, chosen, weights);
        return (chosen, weights);
    }
}
