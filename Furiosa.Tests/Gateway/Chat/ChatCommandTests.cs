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

        await new TerminalChat(conversation, new StringReader("What is the capital of France?\n/retry\n"), output, isInteractive: false, isColored: false).RunAsync(() => default);

        Assert.That(output.ToString().Split("Paris").Length - 1, Is.EqualTo(2));
        Assert.That(conversation.Said.Select(message => message.Role), Is.EqualTo(new[] { "system", "user", "assistant" }));
    }

    [Test]
    public async Task NoServer_OneQuestion_FailsWithTheAddress()
    {
        var run = await ProgramRun.ToEndAsync("chat", "--url", "http://127.0.0.1:1", "hello");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("127.0.0.1:1").And.Contain("--url"));
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
