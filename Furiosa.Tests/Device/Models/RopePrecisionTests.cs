using Furiosa.Device.Loading;
using Furiosa.Device.Models;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Models;

/// <summary>When rotary frequencies are rounded that nobody decided on.</summary>
[TestFixture]
internal sealed class RopePrecisionTests
{
    private const string FromMemory = """{"_from_model_config":true,"transformers_version":"5.17.0"}""";

    [TestCase(512, "bfloat16", FromMemory, true)]
    [TestCase(1024, "bfloat16", FromMemory, true)]
    [TestCase(1025, "bfloat16", FromMemory, false)]
    [TestCase(512, "float32", FromMemory, false)]
    [TestCase(512, "bfloat16", """{"_from_model_config":true,"transformers_version":"4.57.1"}""", false)]
    [TestCase(512, "bfloat16", """{"_from_model_config":false,"transformers_version":"5.17.0"}""", false)]
    [TestCase(512, "bfloat16", """{"transformers_version":"5.17.0","temperature":0.6}""", false)]
    [TestCase(512, "bfloat16", """{"_from_model_config":true,"transformers_version":5}""", false)]
    [TestCase(512, "bfloat16", null, false)]
    public void Rounds_LeftToTheModel_OnlyShortTestModelsSavedFromMemory(int positions, string dtype, string? generation, bool expected)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(directory.Path, "config.json"), $$"""
            {"architectures":["LlamaForCausalLM"],"hidden_size":64,"intermediate_size":64,"num_attention_heads":2,"num_hidden_layers":1,"vocab_size":99,
             "max_position_embeddings":{{positions}},"dtype":"{{dtype}}"}
            """);
        if (generation is not null) File.WriteAllText(Path.Combine(directory.Path, GenerationConfig.FileName), generation);
        var model = ModelDirectory.Open(directory.Path);
        var config = ModelConfig.Read(model);

        Assert.That(RopePrecision.Auto.Rounds(model, config), Is.EqualTo(expected));
        Assert.That(RopePrecision.Float32.Rounds(model, config), Is.False);
        Assert.That(RopePrecision.Bfloat16.Rounds(model, config), Is.True);
    }

    [Test]
    public void Rounds_BundledModel_KeepsFloat32()
    {
        var model = ModelDirectory.Open(TestPaths.DemoModel);

        Assert.That(RopePrecision.Auto.Rounds(model, ModelConfig.Read(model)), Is.False);
    }
}
