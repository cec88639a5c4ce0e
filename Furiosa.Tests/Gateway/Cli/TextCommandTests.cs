using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary>The commands <c>render</c> and <c>tokenize</c>, as processes.</summary>
public sealed class TextCommandTests
{
    private const string Template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ extra }}"
        + "{{ strftime_now('%Y-%m-%d %H') }}{% if add_generation_prompt %}>{% endif %}{% if fail %}{{ raise_exception('no ' ~ fail) }}{% endif %}";

    private TemporaryDirectory _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryDirectory();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Render_TemplateAlone_PrintsThePromptAndNothingAfterIt()
    {
        var run = await ProgramRun.ToEndAsync("render", "--chat-template", Write("t.jinja", Template), Write("r.json", Request("\"extra\": \"é\\n\"")));

        Assert.That((run.ExitCode, run.Output, run.Error), Is.EqualTo((0, "<s>[user]Hié\n2026-01-31 12>", "")));
    }

    [Test]
    public async Task Render_TemplateRaises_IsSaidOnStandardError()
    {
        var run = await ProgramRun.ToEndAsync("render", "--chat-template", Write("t.jinja", Template), Write("r.json", Request("\"fail\": \"way\"")));

        Assert.That((run.ExitCode, run.Output, run.Error), Is.EqualTo((1, "", "furiosa-llm: no way\n")));
    }

    [Test]
    public async Task Render_Lines_GiveOneObjectEach()
    {
        var requests = Write("r.jsonl", $"{Request("\"fail\": \"way\"")}\n\nnot JSON\n{Request("\"add_generation_prompt\": false")}");

        var run = await ProgramRun.ToEndAsync("render", "--lines", "--chat-template", Write("t.jinja", Template), requests);

        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(JObject.Parse).ToList();
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(lines.Select(line => (string?)line["error"]), Is.EqualTo(new[] { "no way", (string?)lines[1]["error"], null }));
        Assert.That((string?)lines[1]["error"], Does.Contain("not valid JSON"));
        Assert.That((string?)lines[2]["prompt"], Is.EqualTo("<s>[user]Hi2026-01-31 12"));
    }

    [Test]
    public async Task Render_FolderWithTokenizerFilesOnly_UsesItsTemplateAndNames()
    {
        Write("chat_template.jinja", Template);
        Write("tokenizer_config.json", "{\"bos_token\": {\"content\": \"<b>\"}}");

        var run = await ProgramRun.ToEndAsync("render", "--model", _folder.Path, Write("r.json", Request("\"max_tokens\": 3")));

        Assert.That((run.ExitCode, run.Output, run.Error), Is.EqualTo((0, "<b>[user]Hi2026-01-31 12>", "")));
    }

    [Test]
    public async Task Tokenize_LinesThereAndBack_AreEqual()
    {
        string[] texts = ["Hello world", "é\n", "", "<|im_start|>user"];
        var ids = await FeedAsync(string.Join('\n', texts.Select(text => new JValue(text).ToString(Newtonsoft.Json.Formatting.None))), "tokenize", "--no-special");
        var back = await FeedAsync(ids.Output, "tokenize", "--decode");

        Assert.That(ids.ExitCode, Is.Zero, ids.Error);
        Assert.That(ids.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(texts.Length));
        Assert.That(back.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string?)JToken.Parse(line)), Is.EqualTo(texts));
    }

    [TestCase("line 2", "\"a\"\n[1")]
    [TestCase("line 1", "{}")]
    public async Task Tokenize_WrongLine_IsNamed(string part, string input)
    {
        var run = await FeedAsync(input, "tokenize");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain(part).And.Not.Contain("   at "));
    }

    [Test]
    public async Task RenderOverHttp_SameRequest_GivesTheSamePrompt()
    {
        var request = Request("\"seed\": 1");
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.PostAsync("/v1/chat/completions/render", request);
        var run = await ProgramRun.ToEndAsync("render", Write("r.json", request));

        Assert.That(status, Is.EqualTo(200), body.ToString());
        Assert.That((string?)body["prompt"], Is.EqualTo(run.Output).And.Not.Empty);
        Assert.That(body["tokens"]!.Values<int>(), Is.EqualTo(server.Host.Model.Tokenizer.Encode(run.Output, addSpecialTokens: false)));
    }

    private static string Request(string more) =>
        $$"""{"bos_token": "<s>", "now": "2026-01-31T12:30:05", "messages": [{"role": "user", "content": "Hi"}], {{more}}}""";

    private static async Task<ProgramRun> FeedAsync(string input, params string[] arguments)
    {
        var start = ProgramRun.StartInfo(arguments);
        return await ProgramRun.ToEndAsync(start, input);
    }

    private string Write(string name, string text) => _folder.Write(name, text);
}
