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

    [Test]
    public void Choose_Sigmoid_WeighsByItsOwnLogitAndScales()
    {
        float[] logits = [0.5f, -1, 2, 0, 1];
        var (chosen, weights) = Choose(logits, Experts with { Sigmoid = true, Scale = 2.5f });

        double[] shares = [.. chosen.Select(expert => 1 / (1 + Math.Exp(-logits[expert])))];
        Assert.That(chosen, Is.EqualTo(new[] { 0, 2, 4 }));
        for (int i = 0; i < 3; i++) Assert.That(weights[i], Is.EqualTo(2.5 * shares[i] / shares.Sum()).Within(1e-6));
    }

    [Test]
    public void Choose_WhatIsAddedToTheTotal_MakesWeightsSmaller()
    {
        float[] logits = [0.5f, -1, 2, 0, 1];
        var (chosen, weights) = Choose(logits, Experts with { Sigmoid = true, AddedTotal = 0.25f });

        double[] shares = [.. chosen.Select(expert => 1 / (1 + Math.Exp(-logits[expert])))];
        for (int i = 0; i < 3; i++) Assert.That(weights[i], Is.EqualTo(shares[i] / (shares.Sum() + 0.25)).Within(1e-6));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Choose_Corrections_DecideTheChoiceAndNotTheWeights(bool sigmoid)
    {
        float[] logits = [0.5f, -1, 2, 0, 1];
        double all = logits.Sum(logit => Math.Exp(logit));
        var (chosen, weights) = Choose(logits, Experts with { Sigmoid = sigmoid, Correction = true, Normalized = false, PerToken = 2 }, 0, 1, -1, 1.5f, 0);

        Assert.That(chosen, Is.EqualTo(new[] { 1, 3 }));
        for (int i = 0; i < 2; i++)
            Assert.That(weights[i], Is.EqualTo(sigmoid ? 1 / (1 + Math.Exp(-logits[chosen[i]])) : Math.Exp(logits[chosen[i]]) / all).Within(1e-6));
    }

    // Groups of three: the best expert is in the first, the best two together are in the last.
    [TestCase(true, new[] { 6, 8 })]
    [TestCase(false, new[] { 1, 2 })]
    public void Choose_Groups_AreRankedByTheirBestOrBestTwo(bool byTwo, int[] expected)
    {
        float[] logits = [-3, 3, -2, -4, 0, 1, 2, -5, 2.5f];
        var experts = new ExpertConfig { Count = 9, PerToken = 2, Width = 8, Normalized = true, Layers = [true], Groups = 3, GroupsPerToken = 1, GroupsByTwo = byTwo, Sigmoid = true };
        Assert.That(Choose(logits, experts).Chosen, Is.EqualTo(expected));
    }

    private static (int[] Chosen, float[] Weights) Choose(float[] logits, ExpertConfig experts, params float[] corrections)
    {
        var chosen = new int[experts.Used];
        var weights = new float[experts.Used];
        ExpertRouter.Choose(logits, corrections, experts, chosen, weights);
        return (chosen, weights);
    }
}
