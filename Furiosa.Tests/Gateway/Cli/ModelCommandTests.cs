using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary><c>furiosa-llm inspect</c> and <c>build</c> as processes.</summary>
[TestFixture]
public sealed class ModelCommandTests
{
    [Test]
    public async Task Inspect_OfAGguf_SaysWhatItIsAndThatItFits()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("demo.gguf", GgufModels.Demo().Write());

        var run = await ProgramRun.ToEndAsync("inspect", path, "-tp", "2");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        foreach (var part in new[] { "LlamaForCausalLM", "GGUF", "BF16", "8,192 ids", "metadata", "npu:0:1", "It fits" }) Assert.That(run.Output, Does.Contain(part));
    }

    [Test]
    public async Task Inspect_AsJson_HasThePlan()
    {
        var run = await ProgramRun.ToEndAsync("inspect", "--json", "-tp", "4", "--quantization", "int8");

        var report = JObject.Parse(run.Output);
        Assert.That((string?)report["architecture"], Is.EqualTo("LlamaForCausalLM"));
        Assert.That((string?)report["weights"]!["format"], Is.EqualTo("safetensors"));
        Assert.That(report["plan"]!["pes"]!.Count(), Is.EqualTo(4));
        Assert.That((bool)report["plan"]!["fits"]!, Is.True);
        Assert.That((long)report["plan"]!["weight_bytes"]!, Is.GreaterThan(10_000_000));
    }

    [Test]
    public async Task Inspect_OfWhatDoesNotFit_NamesTheSettingThatWould()
    {
        using var directory = new TemporaryDirectory();
        var config = directory.Write("small.conf", "furiosa.kv-cache.memory = 2MiB");

        var run = await ProgramRun.ToEndAsync("inspect", "--max-model-len", "2048", "--config", config);

        Assert.That(run.ExitCode, Is.EqualTo(3), run.Error);
        Assert.That(run.Output, Does.Match("lower --max-model-len to [0-9]+"));
    }

    [Test]
    public async Task Build_ThenServe_AnswersAsTheModel()
    {
        using var directory = new TemporaryDirectory();
        var artifact = Path.Combine(directory.Path, "artifact");

        var built = await ProgramRun.ToEndAsync("build", TestPaths.DemoModel, artifact, "-tp", "2");
        var again = await ProgramRun.ToEndAsync("build", TestPaths.DemoModel, artifact);

        Assert.That(built.ExitCode, Is.Zero, built.Error);
        Assert.That(again.Error, Does.Contain("not empty"));
        Assert.That(Directory.GetFiles(artifact).Select(Path.GetFileName), Is.SupersetOf(new[]
        {
            "artifact.json", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "packed-00001.bin", "packed.json",
        }));
        Assert.That(await AnswerAsync(artifact), Is.EqualTo(await AnswerAsync(TestPaths.DemoModel)));
    }

    [Test]
    public async Task Serve_OfABundleForHardware_SaysWhatItIs()
    {
        using var directory = new TemporaryDirectory();

        var run = await ProgramRun.ToEndAsync("serve", directory.Write("model.fxb", "PK"), "--port", "0");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("RNGD"));
    }

    private static async Task<string?> AnswerAsync(string model)
    {
        await using var server = await ServerProcess.StartAsync("--model", model);
        using var content = new StringContent("""{"messages":[{"role":"user","content":"What is the capital of France?"}],"max_tokens":30,"temperature":0}""", System.Text.Encoding.UTF8, "application/json");
        var response = await server.Http.PostAsync("/v1/chat/completions", content);
        return (string?)JObject.Parse(await response.Content.ReadAsStringAsync())["choices"]![0]!["message"]!["content"];
    }
}
