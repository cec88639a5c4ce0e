using System.Collections;
using Furiosa.Gateway.Configuration;
using Furiosa.Tests.Support;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Configuration;

/// <summary><c>config check</c> and <c>show</c>, and settings that change while a server runs.</summary>
[TestFixture]
public sealed class ConfigurationReloadTests
{
    private TemporaryDirectory _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryDirectory();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Check_FindsEverythingAtOnceWithTheNearestKey()
    {
        var file = _folder.Write("bad.conf", """
            furiosa {
              htpt.port = 80
              http { max-body-sise = 1 MiB, port = 18000 }
              kv-cache.memory = 10 furlongs
              shutdown.drain-timeout = 3 parsecs
              limits.request-per-minute = 5
              admin.port = 18000
              tensor-parallel-size = 3
            }
            """);

        var run = await ProgramRun.ToEndAsync("config", "check", file);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(7), run.Output);
        foreach (var part in new[]
        {
            "furiosa.htpt.port: there is no such setting; did you mean furiosa.http.port?", "did you mean furiosa.http.max-body-size?",
            "did you mean furiosa.limits.requests-per-minute?", "furiosa.kv-cache.memory: '10 furlongs'", "'3 parsecs'", "furiosa.tensor-parallel-size: '3' must be 1, 2, 4 or 8", "furiosa.admin.port: '18000' is furiosa.http.port too",
        })
        {
            Assert.That(lines, Has.One.Contains(part));
        }
    }

    [Test]
    public async Task Check_NamesVariablesThatAreNoSettings()
    {
        var start = ProgramRun.StartInfo("config", "check");
        foreach (var name in new[] { "FURIOSA_HTTP_PORT", "FURIOSA_HTTP__PORT" }) start.Environment[name] = "9";
        start.Environment["FURIOSA_KERNELS"] = "scalar";

        var run = await ProgramRun.ToEndAsync(start);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Output.TrimEnd(), Is.EqualTo("FURIOSA_HTTP_PORT: there is no setting of this variable; did you mean FURIOSA_HTTP__PORT?"));
    }

    /// <summary>Settings that are right by themselves, with which a server would not start.</summary>
    [Test]
    public void Rehearsal_FindsWhatAStartWouldRefuse()
    {
        var notPem = _folder.Write("not.pem", "nothing of the kind");
        var template = _folder.Write("bad.jinja", "{% for x in %}");
        foreach (var (hocon, part) in new[]
        {
            ($"furiosa.http.tls.certificate-file = \"{notPem}\"", $"The certificate in {notPem}"),
            ($"furiosa.cluster {{ hostname = 127.0.0.1\n port = 7080\n tls {{ ca = \"{notPem}\"\n certificate = \"{notPem}\"\n key = \"{notPem}\" }}\n}}", notPem),
            ("furiosa.http.host = \"no host\"", "--host no host is not an address"),
            ("furiosa.max-model-len = 100000", "max-model-len 100000"),
            ("furiosa { tensor-parallel-size = 1\n pipeline-parallel-size = 12 }", "-pp 12 is more than the model's 8 layers"),
            ("furiosa { role = gateway\n cluster.hostname = 127.0.0.1\n max-model-len = 100000 }", "--max-model-len 100000 is more than the 2048 tokens"),
            ("furiosa.kv-cache.memory = 1 KiB", "for the KV caches"),
            ($"furiosa.chat-template = \"{template}\"", "the chat template is wrong at line 1"),
            ("akka.actor.provider = nonsense", "Akka refuses"),
        })
        {
            var settings = SettingsLoader.Load(_folder.Write("one.conf", hocon), new Hashtable(), new SettingsLayer());

            Assert.That(Rehearsal.Problems(settings), Has.Count.EqualTo(1).And.One.Contains(part), hocon);
        }
        Assert.That(Rehearsal.Problems(SettingsLoader.Load(null, new Hashtable(), new SettingsLayer())), Is.Empty);
    }

    /// <summary>A model that would be fetched is not, and that is said.</summary>
    [Test]
    public async Task Check_OfAModelOnTheHub_LooksAtTheRestAndSaysSo()
    {
        var file = _folder.Write("hub.conf", "furiosa.model = some-org/some-model");

        var run = await ProgramRun.ToEndAsync("config", "check", file);

        Assert.That((run.ExitCode, run.Output.TrimEnd(), run.Error), Is.EqualTo((0, $"{file}: nothing is wrong, as far as can be seen without some-org/some-model, which 'serve' fetches.", "")));
    }

    [Test]
    public void Reference_ExplainsEveryKey()
    {
        var lines = File.ReadAllLines(Path.Combine(TestPaths.Root, "hocon", "reference.conf"));

        var bare = lines.Index().Where(line => line.Item.Contains(" = ", StringComparison.Ordinal) && !line.Item.TrimStart().StartsWith('#') && !lines[line.Index - 1].TrimStart().StartsWith('#'));

        Assert.That(bare.Select(line => line.Item.Trim()), Is.Empty);
    }

    [Test]
    public async Task Show_PrintsValuesWithOriginsAndHidesSecrets()
    {
        var file = _folder.Write("good.conf", "furiosa.http { port = 9, api-keys = [\"hush\"] }\nfuriosa.admin.key = \"quiet\"");

        var check = await ProgramRun.ToEndAsync("config", "check", "--config", file);
        var run = await ProgramRun.ToEndAsync("config", "show", "--config", file, "--json");

        var shown = JObject.Parse(run.Output);
        Assert.That((check.ExitCode, run.ExitCode), Is.EqualTo((0, 0)), check.Error + run.Error);
        Assert.That(((string?)shown["furiosa.http.port"]!["value"], (string?)shown["furiosa.http.port"]!["origin"]), Is.EqualTo(("9", file)));
        Assert.That((string?)shown["furiosa.http.host"]!["origin"], Is.EqualTo("default"));
        Assert.That(run.Output, Does.Not.Contain("hush").And.Not.Contain("quiet"));
        Assert.That((string?)shown["furiosa.admin.key"]!["value"], Is.EqualTo("(hidden)"));
    }

    [Test]
    public void Reload_OfAChangedFile_AppliesWhatCanChangeNamesTheRestAndRefusesABadFileWhole()
    {
        var file = _folder.Write("live.conf", "furiosa { limits.requests-per-minute = 5, http.api-keys = [\"old secret\"] }");
        var log = new LinesLogger();
        var applied = new List<FuriosaSettings>();
        using var reload = new ConfigurationReload(new SettingsSources(file, new Hashtable(), new SettingsLayer()), log, applied.Add, TimeProvider.System);

        File.WriteAllText(file, "furiosa { limits.requests-per-minute = 7, http { port = 9, api-keys = [\"new secret\"] } }");
        Assert.That(reload.Reload("the test"), Is.True);
        File.WriteAllText(file, "furiosa { limits.requests-per-minute = 8, http.port = many }");
        Assert.That(reload.Reload("the test"), Is.False);

        Assert.That(applied.Single().Limits.PerKey.RequestsPerMinute, Is.EqualTo(7));
        Assert.That(log.Lines, Has.One.Contains("furiosa.limits.requests-per-minute changed from '5' to '7'"));
        Assert.That(log.Lines, Has.One.Contains("furiosa.http.port cannot change while serving: '8000' stays"));
        Assert.That(log.Lines, Has.One.Contains("are refused and those in force stay").And.One.Contains("furiosa.http.port: 'many'"));
        Assert.That(string.Join('\n', log.Lines), Does.Contain("furiosa.http.api-keys").And.Not.Contain("secret"));
    }

    /// <summary>The hub has no say in what keys are in force: it is not asked, whether it can be reached or not.</summary>
    [Test]
    public void Reload_OfAServerWithAModelOfTheHub_AsksNobody()
    {
        var file = _folder.Write("live.conf", "furiosa { model = some-org/some-model, http.api-keys = [leaked] }");
        var applied = new List<FuriosaSettings>();
        using var reload = new ConfigurationReload(new SettingsSources(file, new Hashtable(), new SettingsLayer()), new LinesLogger(), applied.Add, TimeProvider.System);

        File.WriteAllText(file, "furiosa { model = some-org/some-model, http.api-keys = [new] }");

        Assert.That(reload.Reload("the test"), Is.True);
        Assert.That(applied.Single().Keys.Select(key => key.Secret), Is.EqualTo(["new"]));
    }

    [Test]
    public async Task Serve_OnSighup_LogsTheDifferenceAndHeedsIt()
    {
        // Akka has something to say, too.
        const string Akka = "akka { loglevel = INFO, log-config-on-start = on }\n";
        var file = _folder.Write("live.conf", $"{Akka}furiosa.http.api-keys = [one]");
        await using var server = await ServerProcess.StartAsync("--config", file, "--log-format", "json");
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", "two");
        using (var refused = await server.Http.GetAsync("/v1/models")) Assert.That((int)refused.StatusCode, Is.EqualTo(401));

        File.WriteAllText(file, Akka + "furiosa { http.api-keys = [two], log.level = warning, routing.scoring-profile = load }");
        await server.SignalAsync("HUP");
        await Wait.UntilAsync(() => server.Output.Any(line => line.Contains("furiosa.routing.scoring-profile changed", StringComparison.Ordinal)));

        using var accepted = await server.Http.GetAsync("/v1/models");
        Assert.That((int)accepted.StatusCode, Is.EqualTo(200));
        Assert.That(JObject.Parse(server.Output.First(line => line.Contains("furiosa.log.level changed", StringComparison.Ordinal)))["after"]!.ToString(), Is.EqualTo("warning"));
        Assert.That(server.Output, Has.One.Contains("furiosa.routing.scoring-profile changed from 'balanced' to 'load'"));
        Assert.That(server.Output.Select(line => (string?)JObject.Parse(line)["category"]), Has.Some.EqualTo("akka"));
    }

    private sealed class LinesLogger : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
