using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Templates of the admin's and what they refuse.</summary>
[TestFixture]
public sealed class TemplateTests
{
    private const string Body = """{"messages": [{"role": "user", "content": "WHAT"}], "temperature": 0, "chat_template_kwargs": {"mood": "good"}}""";

    [Test]
    public async Task Template_ThatRaises_Is400WithItsWordsAndTheServerGoesOn()
    {
        await using var server = await WithTemplateAsync("{% if messages[0].content == 'no' %}{{ raise_exception('I will not') }}{% endif %}{{ messages[0].content }} {{ mood }}");

        var (refused, error) = await server.PostAsync("/v1/chat/completions", Body.Replace("WHAT", "no"));
        var (accepted, _) = await server.PostAsync("/v1/chat/completions", Body.Replace("WHAT", "yes"));
        var (_, tokens) = await server.PostAsync("/tokenize", Body.Replace("WHAT", "yes"));
        var (_, text) = await server.PostAsync("/detokenize", tokens.ToString());

        Assert.That(refused, Is.EqualTo(400));
        Assert.That((string?)error["error"]!["message"], Does.Contain("I will not"));
        Assert.That((string?)error["error"]!["param"], Is.EqualTo("messages"));
        Assert.That(accepted, Is.EqualTo(200));
        Assert.That((string?)text["prompt"], Is.EqualTo("yes good"));
    }

    private static async Task<TestServer> WithTemplateAsync(string template)
    {
        using var folder = new TemporaryDirectory();
        var file = Path.Combine(folder.Path, "template.jinja");
        await File.WriteAllTextAsync(file, template);
        return (await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("hello", request), $"furiosa.chat-template = \"{file}\"")).Server;
    }
}
