using System.ClientModel;
using Furiosa.Tests.Support;
using Microsoft.Extensions.AI;
using OpenAI;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>NuGet <c>Microsoft.Extensions.AI.OpenAI</c>, over chats and over responses, against the real server.</summary>
[TestFixture("chat")]
[TestFixture("responses")]
public sealed class ExtensionsAiTests(string api)
{
    private const string Question = "What is the capital of France?";
    private OpenAIClient _open = null!;
    private IChatClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var server = await DemoServer.GetAsync();
        _open = new OpenAIClient(new ApiKeyCredential("EMPTY"), new OpenAIClientOptions { Endpoint = new Uri(server.Address, "/v1") });
#pragma warning disable OPENAI001 // The client's own preview mark.
        _client = api == "chat" ? _open.GetChatClient("EMPTY").AsIChatClient() : _open.GetResponsesClient().AsIChatClient("EMPTY");
#pragma warning restore OPENAI001
    }

    [OneTimeTearDown]
    public void Stop() => _client.Dispose();

    [Test]
    public async Task GetResponse_Question_IsAnsweredWithCounts()
    {
        var answer = await _client.GetResponseAsync(Question, new ChatOptions { Temperature = 0 });

        Assert.That(answer.Text, Is.EqualTo("The capital of France is Paris."));
        // Over responses the package knows only reasons to end early.
        Assert.That(answer.FinishReason, Is.EqualTo(api == "chat" ? ChatFinishReason.Stop : (ChatFinishReason?)null));
        Assert.That(answer.Usage!.OutputTokenCount, Is.EqualTo(8));
    }

    [Test]
    public async Task GetStreamingResponse_Question_ComesToTheSame()
    {
        var text = "";
        await foreach (var update in _client.GetStreamingResponseAsync(Question, new ChatOptions { Temperature = 0 })) text += update.Text;

        Assert.That(text, Is.EqualTo("The capital of France is Paris."));
    }

    [Test]
    public async Task GetResponse_WithATool_CallsItAndAnswersAfterItsResult()
    {
        var weather = AIFunctionFactory.Create((string city) => $"18 degrees and sunny in {city}", "get_weather");
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 60, Tools = [weather] };
        List<ChatMessage> messages = [new(ChatRole.User, "What is the weather in Paris?")];

        var first = await _client.GetResponseAsync(messages, options);
        var call = first.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single();
        Assert.That(call.Arguments!["city"]?.ToString(), Is.EqualTo("Paris"));
        messages.AddRange(first.Messages);
        messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, await weather.InvokeAsync(new AIFunctionArguments(call.Arguments)))]));
        var second = await _client.GetResponseAsync(messages, options);

        Assert.That(second.Text, Is.Not.Empty);
    }

    [Test]
    public async Task GenerateVector_Text_HasLengthOne()
    {
        using var generator = _open.GetEmbeddingClient("EMPTY").AsIEmbeddingGenerator();

        var vector = (await generator.GenerateVectorAsync("Paris")).ToArray();

        Assert.That(vector.Sum(value => (double)value * value), Is.EqualTo(1).Within(1e-5));
    }
}
