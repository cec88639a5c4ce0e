using System.Text.Json;
using Furiosa.Device.Loading;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Device.Loading;

public sealed class GenerationConfigTests
{
    [Test]
    public void Parse_EveryField_IsRead()
    {
        var config = Parse("""
            {"eos_token_id":[2,0],"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.9,"min_p":0.05,
             "repetition_penalty":1.1,"max_new_tokens":64,"min_new_tokens":2,"length_penalty":0.5,"early_stopping":"never"}
            """);

        Assert.That(config.EosTokenIds, Is.EqualTo(new[] { 2, 0 }));
        Assert.That(config with { EosTokenIds = [] }, Is.EqualTo(new GenerationConfig
        {
            DoSample = true, Temperature = 0.6, TopK = 20, TopP = 0.9, MinP = 0.05, RepetitionPenalty = 1.1,
            MaxNewTokens = 64, MinNewTokens = 2, LengthPenalty = 0.5, EarlyStopping = "never",
        }));
    }

    [Test]
    public void Parse_SingleEosAndNulls_AreRead()
    {
        var config = Parse("""{"eos_token_id":7,"temperature":null,"early_stopping":false}""");

        Assert.That(config.EosTokenIds, Is.EqualTo(new[] { 7 }));
        Assert.That(config.Temperature, Is.Null);
        Assert.That(config.EarlyStopping, Is.EqualTo("false"));
    }

    [Test]
    public void Parse_SeveralFaults_NamesAllInOneLine()
    {
        var error = Assert.Throws<ModelFormatException>(() => Parse("""{"eos_token_id":"x","top_p":3,"do_sample":1,"early_stopping":5}"""));

        Assert.That(error.Message, Does.Contain("eos_token_id").And.Contains("top_p").And.Contains("do_sample").And.Contains("early_stopping").And.Not.Contains("\n"));
    }

    [Test]
    public void Read_NoFile_IsEmpty()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", "{}");

        Assert.That(GenerationConfig.Read(ModelDirectory.Open(directory.Path)), Is.SameAs(GenerationConfig.Empty));
    }

    private static GenerationConfig Parse(string json) => GenerationConfig.Parse(JsonDocument.Parse(json).RootElement, "generation_config.json");
}
