using System.Text.RegularExpressions;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary>The program at a terminal, narrow and wide, with colours and without.</summary>
[TestFixture]
public sealed partial class TerminalTests
{
    private const char Escape = '\e';

    [TestCase(40)]
    [TestCase(200)]
    public async Task Serve_AtATerminal_WritesRowsOverThatFitIt(int columns)
    {
        await using var terminal = TerminalProcess.Start(columns, [], "serve", "--host", "127.0.0.1", "--port", "0", "--admin-port", "off", "-tp", "2");
        await terminal.UntilAsync(shown => shown.Contains("Press CTRL+C", StringComparison.Ordinal));
        await terminal.TypeAsync("\x03");

        Assert.That(await terminal.EndAsync(), Is.Zero, terminal.Shown);
        Assert.That(terminal.Shown, Does.Contain($"{Escape}[1mFuriosa running on").And.Contain("Stopped."));
        var rows = Rows().Matches(terminal.Shown).Select(row => row.Groups[1].Value).ToList();
        Assert.That(rows, Has.Count.GreaterThan(5).And.All.Length.LessThan(columns));
        // What is logged meanwhile stands in rows of its own.
        Assert.That(terminal.Shown, Does.Contain("replica_serving").And.Not.Match(@"\)\d{4}-"));
        Assert.That(rows.Exists(row => row.Contains("sequences of up to", StringComparison.Ordinal)), Is.EqualTo(columns == 200));
    }

    [TestCase("NO_COLOR", "1")]
    [TestCase("TERM", "dumb")]
    public async Task Serve_WhereColoursAreNotWanted_WritesTextOnly(string name, string value)
    {
        await using var terminal = TerminalProcess.Start(80, [(name, value)], "serve", "--host", "127.0.0.1", "--port", "0", "--admin-port", "off", "-tp", "2");
        await terminal.UntilAsync(shown => shown.Contains("Press CTRL+C", StringComparison.Ordinal));
        await terminal.TypeAsync("\x03");

        Assert.That(await terminal.EndAsync(), Is.Zero, terminal.Shown);
        // The runtime itself tells a terminal which keys it wants.
        var shown = Keypad().Replace(terminal.Shown, "");
        Assert.That(shown, Does.Contain("Furiosa running on").And.Not.Contain($"{Escape}"));
    }

    [Test]
    public async Task Chat_AtANarrowTerminal_IsEditedBrokenOffResizedAndLeft()
    {
        var server = await DemoServer.GetAsync();
        await using var terminal = TerminalProcess.Start(40, [("NO_COLOR", "1")], "chat", "--url", server.Address.ToString(), "--temperature", "0");
        await terminal.UntilAsync(shown => Prompts(shown) == 1);

        // Backspace, and to the beginning of the line and back.
        await terminal.TypeAsync("Whaz\x7ft is the capital of France?\x01\x05\r");
        await terminal.UntilAsync(shown => Answers(shown) == 1 && Prompts(shown) == 2);
        await terminal.TypeAsync("/clear\r");
        await terminal.UntilAsync(shown => Prompts(shown) == 3);
        await terminal.TypeAsync("\e[A\e[A\r");
        await terminal.UntilAsync(shown => Answers(shown) == 2 && Prompts(shown) == 4);
        await terminal.ResizeAsync(20);
        await terminal.TypeAsync("/history\r");
        await terminal.UntilAsync(shown => shown.Split("assistant: The capital of France is Paris.").Length == 2 && Prompts(shown) == 5);
        await terminal.TypeAsync("\x04");

        Assert.That(await terminal.EndAsync(), Is.Zero);
        Assert.That(Colour().IsMatch(terminal.Shown), Is.False, terminal.Shown);

        static int Answers(string shown) => shown.Split("\nThe capital of France is Paris.").Length - 1;
    }

    [Test]
    public async Task Chat_CtrlCInAnAnswer_BreaksItOffAndAtThePromptLeaves()
    {
        var server = await DemoServer.GetAsync();
        await using var terminal = TerminalProcess.Start(
            80, [], "chat", "--url", server.Address.ToString(), "--temperature", "0", "--max-tokens", "2000", "--extra-body", """{"ignore_eos": true}""");
        await terminal.UntilAsync(shown => Prompts(shown) == 1);

        await terminal.TypeAsync("What is the capital of France?\r");
        await terminal.UntilAsync(shown => shown.Contains("\nThe capital", StringComparison.Ordinal));
        await terminal.TypeAsync("\x03");
        await terminal.UntilAsync(shown => shown.Contains(" (broken off)", StringComparison.Ordinal) && Prompts(shown) == 2);
        await terminal.TypeAsync("\x03");

        Assert.That(await terminal.EndAsync(), Is.Not.Zero);
    }

    // Lines that wait to be typed: with nothing behind the prompt.
    private static int Prompts(string shown) => shown.Split("> \r\e[2C").Length - 1;

    // What is written over: from its beginning to the next such or the end of the line.
    [GeneratedRegex(@"\r\x1b\[K(  [^\r\n]+)")]
    private static partial Regex Rows();

    [GeneratedRegex(@"\x1b\[\?1[hl]\x1b[=>]")]
    private static partial Regex Keypad();

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Colour();
}
