using Furiosa.Device.Execution;
using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Device.Kernels;

namespace Furiosa.Tests.Device.Models;

/// <summary>Configurations of families with states at their edges: no layer with one, problems that are told once.</summary>
[TestFixture]
internal sealed class RecurrentConfigTests
{
    private static readonly string[] AllAttend =
    [
        RecurrentDefinitions.Qwen35.Replace("linear_attention", "full_attention", StringComparison.Ordinal),
        RecurrentDefinitions.Qwen3Next.Replace("\"full_attention_interval\":2", "\"full_attention_interval\":1", StringComparison.Ordinal),
        MambaDefinitions.Granite.Replace("\"mamba\"", "\"attention\"", StringComparison.Ordinal),
        MambaDefinitions.Bamba.Replace("\"attn_layer_indices\":[2]", "\"attn_layer_indices\":[0,1,2,3]", StringComparison.Ordinal),
        MambaDefinitions.Nemotron.Replace("M-M*-M", "*-**-*", StringComparison.Ordinal),
    ];

    /// <summary>The memory plan gives such a model no slots.</summary>
    [TestCaseSource(nameof(AllAttend))]
    public void CreateStage_NoLayerKeepsAState_NeedsNoSlots(string config)
    {
        using var model = new RandomCheckpoint(config);
        using var host = ModelHost.Open(new ModelHostOptions { ModelDirectory = model.Path });
        int[] prompt = [.. Enumerable.Range(0, 20)];

        Assert.That((host.StateBytesPerSlot, host.Config.Recurrent), Is.EqualTo((0L, default(RecurrentConfig))));
        host.CreateStage(new StagePlacement(0, 0, 1, [new(0, 0)], [0]), new(4, States: 0)).Dispose();
        using ReplicaRunner one = new(host, 1, 1), split = new(host, 4, 2);
        Bits.AssertEqual(split.Prefill(prompt), one.Prefill(prompt), "split");
    }

    [TestCase("\"mamba_d_head\":11", "\"mamba_d_head\":5000", "mamba_d_head is 5000, but must be a whole number from 1 to 1024")]
    [TestCase("\"mamba_d_head\":11", "\"mamba_d_head\":\"wide\"", "mamba_d_head is \"wide\", but must be a whole number from 1 to 1024")]
    public void Parse_HeadOfNoSize_IsToldWithoutWhatFollows(string field, string other, string expected) => AssertSaid(MambaDefinitions.Granite.Replace(field, other, StringComparison.Ordinal), expected);

    /// <summary>Layers are looked at when they are counted and when they are read.</summary>
    [Test]
    public void Parse_UnknownKindsOfLayersThatAreCounted_AreToldOnce() => AssertSaid(
        MambaDefinitions.Nemotron.Replace("\"num_hidden_layers\":6,", "", StringComparison.Ordinal).Replace("M-M*-M", "M-X*-M", StringComparison.Ordinal),
        "hybrid_override_pattern has 'X', but must be made of M, *, - and E");

    private static void AssertSaid(string config, string expected)
    {
        var refusal = Assert.Throws<ModelFormatException>(() => RecurrentTensorTests.Parse(config));
        Assert.That(refusal!.Message[(refusal.Message.IndexOf("config.json: ", StringComparison.Ordinal) + 13)..], Is.EqualTo(expected));
    }
}
