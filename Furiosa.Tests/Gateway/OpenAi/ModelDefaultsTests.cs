using Furiosa.Actors.Protocol;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>What the model's own files decide where a request is silent.</summary>
[TestFixture]
public sealed class ModelDefaultsTests
{
    private const string Completions = "/v1/completions";
    private TemporaryDirectory _model = null!;

    [SetUp]
    public void LinkModel()
    {
        _model = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(TestPaths.DemoModel)) File.CreateSymbolicLink(InModel(Path.GetFileName(file)), file);
    }

    [TearDown]
    public void DeleteModel() => _model.Dispose();

    [Test]
    public async Task EndTokens_OfAModelWithoutGenerationConfig_EndItsAnswers()
    {
        File.Delete(InModel("generation_config.json"));
        await using var server = await TestServer.OnModelAsync(_model.Path);

        var (_, answer) = await server.PostAsync("/v1/chat/completions", """{"messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0}""");

        Assert.That((string?)answer["choices"]![0]!["message"]!["content"], Is.EqualTo("The capital of France is Paris."));
        Assert.That((string?)answer["choices"]![0]!["finish_reason"], Is.EqualTo("stop"));
    }

    [TestCase("[5, 6]", "[7]", "<|im_end|>", new[] { 5, 6, 2 })]
    [TestCase(null, "7", "<|im_end|>", new[] { 7, 2 })]
    [TestCase(null, "[7, 2]", "<|im_end|>", new[] { 7, 2 })]
    [TestCase(null, null, "<|im_end|>", new[] { 2 })]
    [TestCase(null, null, "no such token", new int[0])]
    public async Task EndTokens_OfEveryFile_ReachTheRuntime(string? generation, string? config, string token, int[] expected)
    {
        Edit("generation_config.json", file => Set(file, "eos_token_id", generation));
        Edit("config.json", file => Set(file, "eos_token_id", config));
        Edit("tokenizer_config.json", file => file["eos_token"] = token);

        var request = await AskAsync("""{"prompt": "a"}""");

        Assert.That(request!.StopTokenIds, Is.EqualTo(expected));
    }

    [TestCase("""{"prompt": "a", "max_tokens": 5}""", 5, 5)]
    [TestCase("""{"prompt": "a"}""", 16, 16)]
    [TestCase("""{"prompt": "a", "max_tokens": 60}""", 60, 50)]
    [TestCase("""{"prompt": "a", "min_tokens": 3}""", 16, 3)]
    public async Task MinNewTokens_OfTheModel_YieldsToTheLimit(string body, int maxTokens, int minTokens)
    {
        Edit("generation_config.json", file => file["min_new_tokens"] = 50);

        var request = await AskAsync(body);

        Assert.That((request!.MaxTokens, request.MinTokens), Is.EqualTo((maxTokens, minTokens)));
    }

    [TestCase("true", """{"prompt": "a", "use_beam_search": true, "n": 2}""", 0.5f, EarlyStopping.AtWidth)]
    [TestCase("\"never\"", """{"prompt": "a", "use_beam_search": true, "n": 2}""", 0.5f, EarlyStopping.Never)]
    [TestCase("true", """{"prompt": "a", "use_beam_search": true, "n": 2, "length_penalty": 1, "early_stopping": false}""", 1, EarlyStopping.Heuristic)]
    public async Task Beams_SilentRequest_TakesTheModels(string early, string body, float lengthPenalty, EarlyStopping expected)
    {
        Edit("generation_config.json", file => (file["length_penalty"], file["early_stopping"]) = (0.5, JToken.Parse(early)));

        var request = await AskAsync(body);

        Assert.That(request!.Beams, Is.EqualTo(new BeamParameters(2, lengthPenalty, expected)));
    }

    [Test]
    public async Task Beams_OfTheModel_LeaveSamplingAlone()
    {
        Edit("generation_config.json", file => (file["length_penalty"], file["early_stopping"]) = (0.5, true));

        Assert.That((await AskAsync("""{"prompt": "a"}"""))!.Beams, Is.Null);
    }

    [TestCase("", 0)]
    [TestCase(""", "add_special_tokens": true""", 1)]
    public async Task Chat_AddSpecialTokens_PutsTheTokenizersOwnAroundThePrompt(string more, int expected)
    {
        Edit("tokenizer.json", file => file["post_processor"] = JObject.Parse("""
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "B"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"B": {"ids": [77]}}}
            """));

        var request = await AskAsync($$"""{"messages": [{"role": "user", "content": "a"}]{{more}}}""", "/v1/chat/completions");

        Assert.That(request!.PromptIds.TakeWhile(id => id == 77).Count(), Is.EqualTo(expected));
    }

    // The request that reaches the runtime.
    private async Task<GenerationRequest?> AskAsync(string body, string path = Completions)
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("a", request), $"furiosa.model = \"{_model.Path}\"");
        await using var stop = server;
        var (status, answer) = await server.PostAsync(path, body);
        Assert.That(status, Is.EqualTo(200), answer.ToString());
        return runtime.Requests.Single();
    }

    private void Edit(string name, Action<JObject> edit)
    {
        var file = JObject.Parse(File.ReadAllText(InModel(name)));
        edit(file);
        File.Delete(InModel(name));
        _model.Write(name, file.ToString());
    }

    private static void Set(JObject file, string key, string? json)
    {
        if (json is null) file.Remove(key);
        else file[key] = JToken.Parse(json);
    }

    private string InModel(string file) => Path.Combine(_model.Path, file);
}
