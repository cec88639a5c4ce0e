using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>What the model is given of a chat.</summary>
[TestFixture]
public sealed class ChatPromptTests
{
    private const string Path = "/v1/chat/completions";
    private const string Prefilled = """ "messages": [{"role": "user", "content": "Capital?"}, {"role": "assistant", "content": "It is "}] """;

    private ScriptedRuntime _runtime = null!;
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        using var folder = new TemporaryDirectory();
        var template = System.IO.Path.Combine(folder.Path, "template.jinja");
        await File.WriteAllTextAsync(template,
            "{%- for m in messages %}[{{ m.role }}]{{ m.content }}[end]{%- endfor %}{%- if add_generation_prompt %}[assistant]{%- endif %}{{ tone }}{{ size }}");
        (_server, _runtime) = await TestServer.ScriptAsync(
            (request, _, _) => ScriptedRuntime.Say("x", request),
            $$"""
            furiosa.chat-template = "{{template}}"
            furiosa.default-chat-template-kwargs = "{\"tone\": \"calm\", \"size\": 1}"
            """);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    /// <summary>A model may have written what is no object; none of it is lost.</summary>
    [TestCase("""{"a": 1}""", JTokenType.Object)]
    [TestCase("""{"a": 1}{"b": 2}""", JTokenType.String)]
    [TestCase("""{"a": 1} and more""", JTokenType.String)]
    [TestCase("""{"a": """, JTokenType.String)]
    public void Read_ArgumentsAsText_AreAnObjectWhereAllOfTheTextIs(string arguments, JTokenType type)
    {
        var call = new JObject { ["function"] = new JObject { ["name"] = "f", ["arguments"] = arguments } };
        var body = new JObject { ["messages"] = new JArray(new JObject { ["role"] = "assistant", ["tool_calls"] = new JArray(call) }) };

        var read = MessagesReader.Read(new BodyFields(body), ContentFormat.Text).SelectToken("[0].tool_calls[0].function.arguments")!;

        Assert.That(read.Type, Is.EqualTo(type));
        if (type == JTokenType.String) Assert.That((string?)read, Is.EqualTo(arguments));
    }

    [Test]
    public async Task Chat_DefaultArguments_GiveWayToTheRequests()
    {
        Assert.That(await PromptAsync("""{"messages": [{"role": "user", "content": "a"}]}"""), Is.EqualTo("[user]a[end][assistant]calm1"));
        Assert.That(await PromptAsync("""{"messages": [{"role": "user", "content": "a"}], "chat_template_kwargs": {"size": 2}}"""), Is.EqualTo("[user]a[end][assistant]calm2"));
    }

    [TestCase("\"continue_final_message\": true", "[user]Capital?[end][assistant]It is ")]
    [TestCase("\"continue_final_message\": true, \"add_generation_prompt\": false", "[user]Capital?[end][assistant]It is ")]
    [TestCase("\"continue_final_message\": false, \"add_generation_prompt\": false", "[user]Capital?[end][assistant]It is [end]calm1")]
    public async Task Chat_PrefilledAnswer_IsContinuedWhereAsked(string fields, string prompt)
    {
        Assert.That(await PromptAsync($"{{{Prefilled}, {fields}}}"), Is.EqualTo(prompt));
    }

    [TestCase($"{{{Prefilled}, \"continue_final_message\": true, \"add_generation_prompt\": true}}")]
    [TestCase($"{{{Prefilled}, \"continue_final_message\": 1}}")]
    [TestCase("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"continue_final_message\": true}")]
    [TestCase("{\"messages\": [{\"role\": \"assistant\", \"content\": \" \"}], \"continue_final_message\": true}")]
    public async Task Chat_WhatCannotBeContinued_IsRefused(string request)
    {
        var (status, body) = await _server.PostAsync(Path, request);

        Assert.That(status, Is.EqualTo(400));
        Assert.That((string?)body["error"]!["param"], Is.EqualTo("continue_final_message"));
    }

    private async Task<string> PromptAsync(string request)
    {
        var (status, body) = await _server.PostAsync(Path, request);
        Assert.That(status, Is.EqualTo(200), body.ToString(Formatting.None));
        return ScriptedRuntime.Tokenizer.Decode([.. _runtime.Requests.Last().PromptIds], skipSpecialTokens: false);
    }
}
