using Furiosa.Gateway.Text;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Messages of several parts reach the template as it wants them.</summary>
public sealed class ContentFormatTests
{
    private const string Walks = "{% for m in messages %}{% for part in m['content'] %}<{{ part.text }}>{% endfor %}{% endfor %}";
    private const string Either = "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}<{{ part.text }}>{% endfor %}{% endif %}{% endfor %}";
    private const string Prints = "{% for m in messages %}{{ m.content }}{% endfor %}";
    private const string Body = """{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], "max_tokens": 1}""";

    [TestCase("auto", Walks, "<x><a><b>")]
    [TestCase("auto", Either, "xab")]
    [TestCase("auto", Prints, "xab")]
    [TestCase("string", Either, "xab")]
    [TestCase("openai", Either, "<x><a><b>")]
    public async Task Chat_Parts_AreShapedForTheTemplate(string setting, string template, string prompt)
    {
        using var folder = new TemporaryDirectory();
        var file = Path.Combine(folder.Path, "template.jinja");
        await File.WriteAllTextAsync(file, template);
        var (server, runtime) = await TestServer.ScriptAsync(
            (request, _, _) => ScriptedRuntime.Say("y", request), $"furiosa {{ chat-template = \"{file}\", chat-template-content-format = {setting} }}");
        await using var _ = server;

        var (status, answer) = await server.PostAsync("/v1/chat/completions", Body);

        Assert.That(status, Is.EqualTo(200), answer.ToString());
        Assert.That(ScriptedRuntime.Tokenizer.Decode(runtime.Requests.Single().PromptIds.AsSpan(), false), Is.EqualTo(prompt));
    }

    [Test]
    public async Task TokenizerInfo_BundledModel_ShowsItsConfigurationAndTemplate()
    {
        var (status, answer) = await (await DemoServer.GetAsync()).GetAsync("/tokenizer_info");

        Assert.That(status, Is.EqualTo(200));
        Assert.That((string?)answer["tokenizer_class"], Is.Not.Empty);
        Assert.That((string?)answer["chat_template"], Does.Contain("messages"));
        Assert.That((string?)answer["eos_token"], Is.Not.Empty);
    }

    [Test]
    public void Resolve_Settings_AreObeyed() => Assert.That(ContentFormats.Resolve("string", Walks), Is.EqualTo(ContentFormat.Text));
}
