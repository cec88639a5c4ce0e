using System.Diagnostics;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary><c>furiosa-llm serve</c> as a process: its start, its end, and models that cannot be served.</summary>
[TestFixture]
public sealed class ServeTests
{
    private TemporaryDirectory _model = null!;

    [SetUp]
    public void CopyModel()
    {
        _model = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(TestPaths.DemoModel)) File.Copy(file, Path.Combine(_model.Path, Path.GetFileName(file)));
    }

    [TearDown]
    public void DeleteModel() => _model.Dispose();

    [Test]
    public async Task Serve_Bundled_ReportsAnswersAndDrainsOnSigterm()
    {
        using var process = Process.Start(ProgramRun.StartInfo("serve", "--host", "127.0.0.1", "--port", "0", "-tp", "2"))!;
        try
        {
            var (report, address) = await ReadReportAsync(process);
            using var http = new HttpClient { BaseAddress = new Uri(address) };
            using var content = new StringContent("""{"prompt": "Once", "max_tokens": 200, "ignore_eos": true, "stream": true}""", Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = content }, HttpCompletionOption.ResponseHeadersRead);
            Process.Start("kill", ["-TERM", $"{process.Id}"])!.WaitForExit();
            var stream = await response.Content.ReadAsStringAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

            Assert.That(report, Does.Contain("npu:0:0").And.Contain("npu:0:1").And.Contain("shared").And.Contain("sum").And.Contain("KV cache"));
            Assert.That(report, Does.Not.Contain("\u001b"));
            Assert.That(stream, Does.EndWith("data: [DONE]\n\n").And.Contain("\"finish_reason\":\"length\""));
            Assert.That(process.ExitCode, Is.Zero);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Test]
    public Task Serve_MissingShard_NamesIt() => ExpectAsync("model-00002-of-00003.safetensors", () => File.Delete(InModel("model-00002-of-00003.safetensors")));

    [Test]
    public Task Serve_TruncatedShard_NamesIt() => ExpectAsync("model-00001-of-00003.safetensors", () =>
    {
        using var file = File.OpenWrite(InModel("model-00001-of-00003.safetensors"));
        file.SetLength(file.Length / 2);
    });

    [TestCase("\"BF16\"", "\"I16\" ", "dtype")]
    [TestCase("\"BF16\"", "\"Q7\"  ", "dtype")]
    [TestCase("\"BF16\"", "\"F32\" ", "needs")]
    public Task Serve_WrongDtype_NamesTheTensor(string old, string wrong, string part) => ExpectAsync(part, () =>
    {
        var file = InModel("model-00001-of-00003.safetensors");
        var bytes = File.ReadAllBytes(file);
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(old));
        Encoding.ASCII.GetBytes(wrong[..old.Length]).CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(file, bytes);
    });

    [TestCase("--devices", "")]
    [TestCase("--port", " ")]
    public async Task Serve_EmptyValue_IsNoDefault(string option, string value)
    {
        var run = await ProgramRun.ToEndAsync("serve", option, value);

        Assert.That((run.ExitCode, run.Error.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)), run.Error);
        Assert.That(run.Error, Does.Contain($"{option} is empty"));
    }

    [TestCase("akka.actor.provider = nonsense")]
    [TestCase("akka.scheduler.tick-duration = soon")]
    [TestCase("furiosa { http.port = 80 ")]
    [TestCase("furiosa.http.prot = 80")]
    public async Task Serve_BadHocon_IsOneLineAndExitCodeTwo(string hocon)
    {
        var run = await ProgramRun.ToEndAsync("serve", "--host", "127.0.0.1", "--port", "0", "--config", _model.Write("bad.conf", hocon));

        Assert.That((run.ExitCode, run.Error.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)), run.Error);
        Assert.That(run.Error, Does.Not.Contain("   at "));
    }

    [Test]
    public Task Serve_UnknownArchitecture_NamesIt() => ExpectAsync("MambaForCausalLM", () => EditConfig(config => config["architectures"] = new JArray("MambaForCausalLM")));

    [Test]
    public Task Serve_BadConfig_NamesTheKey() => ExpectAsync("hidden_size", () => EditConfig(config => config["hidden_size"] = "wide"));

    [Test]
    public Task Serve_NoTokenizer_NamesTheFile() => ExpectAsync("tokenizer.json", () => File.Delete(InModel("tokenizer.json")));

    [Test]
    public Task Serve_TemplateThatDoesNotParse_NamesThePlace() => ExpectAsync("line", () => File.WriteAllText(InModel("chat_template.jinja"), "{% if x %}"));

    [TestCase("-tp", "3")]
    [TestCase("--devices", "npu:0:1-3")]
    [TestCase("--devices", "gpu")]
    [TestCase("--devices", "cuda:0")]
    [TestCase("--max-model-len", "100000")]
    public async Task Serve_OptionThatDoesNotFit_IsOneLineAndExitCodeTwo(string option, string value)
    {
        var run = await ProgramRun.ToEndAsync("serve", "--host", "127.0.0.1", "--port", "0", option, value);

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.Not.Contain("   at "));
    }

    private async Task ExpectAsync(string part, Action damage)
    {
        damage();

        var run = await ProgramRun.ToEndAsync("serve", _model.Path, "--host", "127.0.0.1", "--port", "0");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Error);
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.Contain(part).And.Not.Contain("   at "));
    }

    private void EditConfig(Action<JObject> edit)
    {
        var config = JObject.Parse(File.ReadAllText(InModel("config.json")));
        edit(config);
        File.WriteAllText(InModel("config.json"), config.ToString());
    }

    private string InModel(string file) => Path.Combine(_model.Path, file);

    private static async Task<(string Report, string Address)> ReadReportAsync(Process process)
    {
        var report = new StringBuilder();
        const string ready = "Furiosa running on ";
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            report.AppendLine(line);
            if (line.StartsWith(ready, StringComparison.Ordinal)) return (report.ToString(), line[ready.Length..].Split(' ')[0]);
        }
        throw new AssertionException($"The server ended before it was ready: {await process.StandardError.ReadToEndAsync()}");
    }
}
