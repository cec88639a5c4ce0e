using Furiosa.Gateway.Chat;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Chat;

/// <summary>The conversation in the terminal, against the real server.</summary>
[TestFixture]
public sealed class ChatCommandTests
{
    [Test]
    public async Task Pipe_QuestionsAndCommands_AreAnsweredInTurn()
    {
        var server = await DemoServer.GetAsync();

        var run = await ProgramRun.ToEndAsync(
            ProgramRun.StartInfo("chat", "--url", server.Address.ToString(), "--temperature", "0"), "What is the capital of France?\n/history\n/clear\n/history\n");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output.ReplaceLineEndings("\n"), Is.EqualTo(
            "The capital of France is Paris.\nuser: What is the capital of France?\nassistant: The capital of France is Paris.\n"));
    }

    [Test]
    public async Task Retry_LastQuestion_IsAskedAgain()
    {
        var server = await DemoServer.GetAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        var conversation = new ChatConversation(http, "EMPTY", new() { ["temperature"] = 0 }, "You are a helpful assistant.");
        var output = new StringWriter();
        var lines = new Queue<string?>(["What is the capital of France?", "/retry", null]);

        await new TerminalChat(conversation, _ => lines.Dequeue(), output, Assert.Fail).RunAsync();

        Assert.That(output.ToString().Split("Paris").Length - 1, Is.EqualTo(2));
        Assert.That(conversation.Said.Select(message => message.Role), Is.EqualTo(new[] { "system", "user", "assistant" }));
    }

    [Test]
    public async Task Answer_BrokenOff_CountsAsFarAsItCame()
    {
        var server = await DemoServer.GetAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        var conversation = new ChatConversation(http, "EMPTY", new() { ["temperature"] = 0, ["ignore_eos"] = true, ["max_tokens"] = 500 }, system: null);
        using var breaker = new CancellationTokenSource();
        var shown = "";

        Assert.That(async () =>
        {
            await foreach (var piece in conversation.AskAsync("What is the capital of France?", breaker.Token))
            {
                shown += piece.Text;
                await breaker.CancelAsync();
            }
        }, Throws.InstanceOf<OperationCanceledException>());

        Assert.That(shown, Is.Not.Empty);
        Assert.That(conversation.Said, Is.EqualTo(new[] { ("user", "What is the capital of France?"), ("assistant", shown) }));
        Assert.That((conversation.TakeBack(), conversation.Said.Count), Is.EqualTo(("What is the capital of France?", 0)));
    }

    [Test]
    public async Task Retry_QuestionThatFailed_IsAskedAgain()
    {
        var server = await DemoServer.GetAsync();
        using var http = new HttpClient { BaseAddress = server.Address };
        var conversation = new ChatConversation(http, "EMPTY", new() { ["temperature"] = 9 }, system: null);
        var complaints = new List<string>();
        var lines = new Queue<string?>(["first", "/retry", null]);

        await new TerminalChat(conversation, _ => lines.Dequeue(), TextWriter.Null, complaints.Add).RunAsync();

        Assert.That(complaints, Has.Count.EqualTo(2).And.All.Contains("temperature"));
        Assert.That((conversation.TakeBack(), conversation.Said.Count), Is.EqualTo(("first", 0)));
    }

    [TestCase("/help")]
    [TestCase("What is the capital\nof France?")]
    public async Task Start_NoServer_AnswersOneQuestionAsItIsWritten(string question)
    {
        var run = await ProgramRun.ToEndAsync("chat", "--start", "--temperature", "0", "--max-tokens", "5", question);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output.Trim(), Is.Not.Empty.And.Not.Contains("/clear"));
    }

    [Test]
    public async Task NoServer_OneQuestion_FailsWithTheAddress()
    {
        var run = await ProgramRun.ToEndAsync("chat", "--url", "http://127.0.0.1:1", "hello");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("127.0.0.1:1").And.Contain("--url").And.Contain("furiosa-llm serve"));
        Assert.That(run.Output, Is.Empty);
    }

    [Test]
    public async Task CompletionBash_SourcedByBash_CompletesCommands()
    {
        var script = await ProgramRun.ToEndAsync("completion", "bash");
        Assert.That(script.ExitCode, Is.Zero);
        var bash = new System.Diagnostics.ProcessStartInfo("bash", ["-s"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var program = Path.Combine(AppContext.BaseDirectory, "furiosa-llm.dll");

        var run = await ProgramRun.ToEndAsync(bash, $$"""
            furiosa-llm() { dotnet '{{program}}' "$@"; }
            {{script.Output}}
            COMP_WORDS=(furiosa-llm ben) COMP_CWORD=1 COMP_LINE="furiosa-llm ben" COMP_POINT=15
            _furiosa_llm
            echo "${COMPREPLY[@]}"

            """);

        Assert.That(run.Output.Trim(), Is.EqualTo("bench"), run.Error);
    }
}
