using System.Diagnostics;
using System.Text.RegularExpressions;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Documentation;

/// <summary>Every command of the documentation is run, page by page and in order, and prints what the page says.</summary>
[TestFixture]
public sealed partial class DocumentedCommandsTests
{
    private static readonly string[] Languages = ["sh", "json", "text", "python", "hocon"];

    private TemporaryDirectory _sandbox = null!;
    private ServerProcess _server = null!;

    private static IEnumerable<string> PagesWithCommands => DocumentPage.All.Where(page => page.Blocks.Any(block => block.IsShell)).Select(page => page.Name);

    [OneTimeSetUp]
    public async Task StartServerAsync()
    {
        _sandbox = new TemporaryDirectory();
        foreach (var placeholder in new[] { "MODEL", "DIR" }) Directory.CreateSymbolicLink(Path.Combine(_sandbox.Path, placeholder), TestPaths.DemoModel);
        _server = await ServerProcess.StartAsync("--admin-port", "0");
    }

    [OneTimeTearDown]
    public async Task StopServerAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _sandbox.Dispose();
    }

    [TestCaseSource(nameof(PagesWithCommands))]
    public async Task Commands_OfAPage_RunAndPrintWhatItShows(string name)
    {
        var page = DocumentPage.All.Single(one => one.Name == name);

        var run = await RunAsync(page);

        Assert.That(run.ExitCode, Is.Zero, $"{name}: {run.Error}\n{run.Output}");
        foreach (var part in run.Output.Split(DocumentScript.Mark).Select(part => part.Split('\n', 2)).Where(part => part[0].Length > 0))
        {
            var block = page.Blocks.Single(one => one.First == int.Parse(part[0]));
            if (page.ShownAfter(block) is not { } shown) continue;
            var (expected, printed) = ShownOutput.Compare(shown, part[1]);
            Assert.That(printed, Is.EqualTo(expected), $"{name}, line {shown.First + 1}");
        }
    }

    [Test]
    public void Blocks_SayWhatTheyAre() => Assert.That(
        DocumentPage.All.SelectMany(page => page.Blocks.Where(block => !Languages.Contains(block.Language)).Select(block => $"{page.Name}:{block.First + 1} '{block.Language}'")), Is.Empty);

    /// <summary>Commands stand in blocks that are run, and programs of other languages are named with the reason why they are not.</summary>
    [Test]
    public void Blocks_ThatAreNotRun_HoldNoCommands()
    {
        var others = DocumentPage.All.SelectMany(page => page.Blocks.Where(block => !block.IsShell).Select(block => (page.Name, Block: block))).ToList();

        var commands = others.SelectMany(one => one.Block.Text.Split('\n').Where(line => Command().IsMatch(line)).Select(line => $"{one.Name}:{one.Block.First + 1} {line}"));
        var programs = others.Where(one => one.Block.Language == "python").Select(one => one.Block.Text.Split('\n')[0]);

        Assert.That(commands, Is.Empty);
        Assert.That(programs, Is.EquivalentTo(CommandsNotRun.Programs.Keys));
    }

    [Test]
    public void CommandsThatAreNotRun_AreThere_AndFew()
    {
        var lines = DocumentPage.All.SelectMany(page => page.Blocks.Where(block => block.IsShell).SelectMany(block => block.Text.Split('\n')).Select(line => (page.Name, Line: line.Trim()))).ToList();
        foreach (var (page, line) in lines.Where(one => CommandsNotRun.Of(one.Line) is not null)) TestContext.Out.WriteLine($"not run: {page}: {line} ({CommandsNotRun.Of(line)})");

        var unused = CommandsNotRun.Reasons.Keys.Where(beginning => !lines.Any(one => one.Line.StartsWith(beginning, StringComparison.Ordinal)));

        Assert.That(unused, Is.Empty);
    }

    [Test]
    public void Index_HasEveryPageOnce()
    {
        var listed = Entry().Matches(File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "README.md"))).Select(match => match.Groups[1].Value).ToList();
        var pages = Directory.EnumerateFiles(Path.Combine(TestPaths.Root, "docs"), "*.md").Select(Path.GetFileName).Where(page => page != "README.md");

        Assert.That(listed, Is.EquivalentTo(pages.Append("decisions/README.md")));
    }

    private async Task<ProgramRun> RunAsync(DocumentPage page)
    {
        var admin = _server.Output.Select(line => AdminAddress().Match(line)).Single(match => match.Success).Value;
        var script = DocumentScript.Of(page)
            .Replace("./furiosa-llm ", "furiosa-llm ", StringComparison.Ordinal)
            .Replace("http://localhost:8000", _server.Http.BaseAddress!.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("http://127.0.0.1:18000", admin, StringComparison.Ordinal);
        var file = _sandbox.Write("page.sh", script);
        var start = new ProcessStartInfo("bash", ["-c", ". \"$1\"; . \"$2\"", "bash", Path.Combine(TestPaths.Root, "Furiosa.Tests", "Documentation", "documented-commands.sh"), file])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        (start.Environment["SANDBOX"], start.Environment["PROGRAM"]) = (_sandbox.Path, Path.Combine(AppContext.BaseDirectory, "furiosa-llm.dll"));
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        (start.Environment["FURIOSA_HTTP__PORT"], start.Environment["FURIOSA_ADMIN__PORT"]) = ($"{_server.Http.BaseAddress.Port}", $"{new Uri(admin).Port}");
        return await ProgramRun.ToEndAsync(start, input: "", longest: TimeSpan.FromMinutes(10));
    }

    [GeneratedRegex(@"(?<=Admin listener at )http://\S+")]
    private static partial Regex AdminAddress();

    [GeneratedRegex(@"^\s*(\$ |([A-Z_]+=\S+ )*(sudo |\./)?(furiosa-llm|dotnet|curl|docker|podman|git|npm|npx|node|python3?|pip|bash|sh|source|export|cd|mkdir|cat|echo|printf|apt-get|prometheus|promtool) )")]
    private static partial Regex Command();

    [GeneratedRegex(@"^\d+\. \[[^\]]+\]\(([^)]+)\)", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
