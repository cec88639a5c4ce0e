using Furiosa.Tests.Support;

namespace Furiosa.Tests.EndToEnd;

/// <summary>Processes that split the model, fill their batches or compute otherwise give the same answers, to the byte.</summary>
[TestFixture]
public sealed class SameAnswerTests
{
    private List<string> _expected = null!;

    /// <summary>One request at a time, of the program without options.</summary>
    [OneTimeSetUp]
    public async Task AskTheDefaultAsync()
    {
        var http = (await ServedByDefault.GetAsync()).Http;
        _expected = [];
        foreach (var request in SameAnswerRequests.All) _expected.Add(await SameAnswerRequests.AskAsync(http, request));
    }

    [TestCase("-tp", "8")]
    [TestCase("-tp", "2", "-pp", "2", "-dp", "2")]
    [TestCase("-tp", "1", "--devices", "npu:0:0", "--prompt-lookup-num-tokens", "0")]
    [TestCase("-tp", "2", "-pp", "2", "--prompt-lookup-num-tokens", "64", "--kv-cache-dtype", "float32")]
    [TestCase("-tp", "4", "-pp", "4", "--devices", "npu:1:*,npu:0:0-3,npu:2:4-7", "--max-num-batched-tokens", "64", "--max-concurrency", "3", "--no-enable-prefix-caching")]
    public async Task Answers_OfAnotherLayout_AreTheSame(params string[] options)
    {
        await using var server = await ServerProcess.StartAsync(options);

        await ExpectAsync(server);
    }

    [Test]
    public async Task Answers_OfOtherInstructions_AreTheSame()
    {
        await using var server = await ServerProcess.StartAsync([("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX512F", "0")], "-tp", "2");

        Assert.That(server.Output, Has.None.Contains("AVX-512"));
        await ExpectAsync(server);
    }

    [Test]
    public async Task Answers_AskedAgain_AreTheSame()
    {
        var server = await ServedByDefault.GetAsync();
        Assert.That(await server.Http.GetStringAsync("/metrics"), Does.Match("vllm:spec_decode_num_accepted_tokens_total{[^}]*} [1-9]"), "some of their tokens were guessed");

        // The second time most of each prompt comes from the prefix cache, and all are in one batch.
        await ExpectAsync(server);
    }

    private async Task ExpectAsync(ServerProcess server)
    {
        var answers = await Task.WhenAll(SameAnswerRequests.All.Select(request => SameAnswerRequests.AskAsync(server.Http, request)));

        Assert.Multiple(() =>
        {
            for (var i = 0; i < answers.Length; i++) Assert.That(answers[i], Is.EqualTo(_expected[i]));
        });
    }
}
