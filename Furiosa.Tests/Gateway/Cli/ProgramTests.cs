using System.Net;
using System.Net.Sockets;
using Furiosa.Gateway.Cli;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Cli;

/// <summary>The real program, as a process.</summary>
[TestFixture]
public sealed class ProgramTests
{
    [Test]
    public async Task Help_Serve_NamesEveryOption()
    {
        var run = await ProgramRun.ToEndAsync("serve", "--help");

        Assert.That(run.ExitCode, Is.Zero);
        foreach (var name in ServeCommand.OptionNames) Assert.That(run.Output, Does.Contain(name));
        foreach (var value in new[] { "0.0.0.0", "8000", "assistant" }) Assert.That(run.Output, Does.Contain($"default: {value}"));
    }

    [TestCase("--help")]
    [TestCase("-h")]
    public async Task Help_Root_SaysHowToBegin(string option)
    {
        var run = await ProgramRun.ToEndAsync(option);

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("furiosa-llm serve"));
    }

    [TestCase("furiosa-llm bench latency", "bench")]
    [TestCase("drain|undrain", "cluster", "status")]
    [TestCase("Print the version", "version")]
    [TestCase("The same seed", "chat")]
    [TestCase("Batches that count", "bench", "latency")]
    public async Task Help_OfACommand_IsAboutIt(string part, params string[] command)
    {
        var run = await ProgramRun.ToEndAsync([.. command, "--help"]);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.Contain(part).And.Not.Contain("To begin, run"));
    }

    [TestCase("--version")]
    [TestCase("version")]
    public async Task Version_Asked_IsPrinted(string argument)
    {
        var run = await ProgramRun.ToEndAsync(argument);

        Assert.That((run.ExitCode, run.Output.Trim()), Is.EqualTo((0, "0.1.0")));
    }

    [TestCase("--port", "serve", "--port", "abc")]
    [TestCase("--port", "serve", "--port", "70000")]
    [TestCase("--port", "serve", "--port")]
    [TestCase("--model", "serve", "--model")]
    [TestCase("'--tp'", "serve", "--tp", "2")]
    [TestCase("--tensor-parallel-size", "serve", "-tp", "two")]
    [TestCase("--tensor-parallel-size", "serve", "-tp", "0")]
    [TestCase("--dtype", "serve", "--dtype", "int3")]
    [TestCase("--quantization", "serve", "--quantization", "int3")]
    [TestCase("--max-model-len", "serve", "--max-model-len", "-5")]
    [TestCase("--chat-template", "serve", "--chat-template", "/no/such.jinja")]
    [TestCase("--config", "serve", "--config", "/no/such.conf")]
    [TestCase("/no/such/model", "serve", "/no/such/model")]
    [TestCase("/no/such/model", "serve", "--model", "/no/such/model")]
    [TestCase("--no-such-option", "serve", "--no-such-option")]
    [TestCase("extra", "serve", "a", "extra")]
    [TestCase("--model", "serve", "a", "--model", "b")]
    [TestCase("nonsense", "nonsense")]
    [TestCase("did you mean 'serve'?", "serv")]
    [TestCase("latency", "bench")]
    [TestCase("'furiosa-llm cluster --help'", "cluster", "statsu")]
    [TestCase("did you mean --seed?", "chat", "--sede", "7")]
    [TestCase("'--bogus'", "devices", "--bogus")]
    [TestCase("--batches", "bench", "engine", "--batches", "1,0")]
    [TestCase("int3", "bench", "engine", "--quantization", "int3")]
    [TestCase("--prompt", "bench", "engine", "--prompt", "0")]
    [TestCase("2048", "bench", "engine", "--prompt", "2040")]
    [TestCase("--threads", "bench", "engine", "--threads", "0")]
    [TestCase("--rows", "bench", "kernels", "--rows", "1,600")]
    [TestCase("--enable-prefix-caching", "serve", "--enable-prefix-caching", "--no-enable-prefix-caching")]
    [TestCase("--allowed-origins", "serve", "--allowed-origins", "[1,")]
    [TestCase("--api-key", "serve", "--api-key", "")]
    public async Task Arguments_Wrong_AreOneLineAndExitCodeTwo(string part, params string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(arguments);

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.Contain(part).And.Not.Contain("   at "));
    }

    [Test]
    public async Task Port_InUse_IsOneLineAndExitCodeOne()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var run = await ProgramRun.ToEndAsync("serve", "--host", "127.0.0.1", "--port", $"{port}");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Error);
        Assert.That(run.Error.TrimEnd(), Is.EqualTo($"furiosa-llm: Port {port} on 127.0.0.1 is in use; choose another with --port."));
        Assert.That(run.Output, Does.Not.Contain("fail").And.Not.Contain("   at "));
    }
}
