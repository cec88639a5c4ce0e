using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.WebConsole;

/// <summary>The console of the real server, used by a script in a real browser (<c>Node/console.mjs</c>).</summary>
[TestFixture]
public sealed class ConsoleBrowserTests
{
    private const string Key = "open sesame";

    private static readonly string[] Checks =
    [
        "cluster", "chat", "probabilities", "waterfall", "filter", "deep", "events", "compare", "structure", "tools", "stop", "refused", "hostile", "code", "keyboard", "focus", "sizes",
        "accessible", "key", "offline",
    ];

    private JObject _results = null!;
    private string _address = null!;

    [OneTimeSetUp]
    public async Task UseTheConsole()
    {
        var browser = Browser.Require();
        _ = NodePackages.RequireFile("playwright-core", "package.json");
        _ = NodePackages.RequireFile("axe-core", "package.json");
        // Its own, so that the requests of other tests do not push these out of the list.
        await using var server = await TestServer.StartAsync();
        _address = server.Address.ToString();
        await using var locked = await TestServer.StartAsync($"furiosa {{ admin.key = \"{Key}\", http.api-keys = [\"client\"] }}");
        var start = new ProcessStartInfo(
            "node", [Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node", "console.mjs"), browser, server.Host.AdminAddress!, locked.Host.AdminAddress!, Key])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start, longest: TimeSpan.FromMinutes(10));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        _results = JObject.Parse(run.Output);
    }

    [TestCaseSource(nameof(Checks))]
    public void Console_InABrowser_DoesWhatItSays(string check)
    {
        Assert.That(_results[check], Is.Not.Null, "the browser did not come so far");
        Assert.That((string?)_results[check]!["problem"], Is.Null);
    }

    [Test]
    public void EveryCheck_IsOneOfThese() => Assert.That(_results.Properties().Select(check => check.Name), Is.EquivalentTo(Checks));

    [Test]
    public async Task CopiedCommand_Runs_AndIsAnswered()
    {
        var command = (string)_results["code"]!["value"]!["curl"]!;
        var server = await DemoServer.GetAsync();
        Assert.That(command, Does.Contain(_address));
        // The one that was looked at is gone; what it served is served by the other.
        command = command.Replace(_address, server.Address.ToString(), StringComparison.Ordinal);

        var run = await ProgramRun.ToEndAsync(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true });

        Assert.That(run.Output, Does.Contain("\"finish_reason\":\"stop\"").And.EndsWith("data: [DONE]\n\n"), run.Error);
    }

    [Test]
    public void CopiedCode_HoldsTheRequestInTheLanguagesNotation()
    {
        var code = _results["code"]!["value"]!;

        Assert.That((string?)code["Python"], Does.Contain("\"content\": \"It's \\\"quoted\\\"\"").And.Contain("stream=True,").And.Contain("logprobs=True,"));
        Assert.That((string?)code["C#"], Does.Contain("new StringContent(\"\"\"\n").And.Contain("\"content\": \"It's \\\"quoted\\\"\""));
    }
}
