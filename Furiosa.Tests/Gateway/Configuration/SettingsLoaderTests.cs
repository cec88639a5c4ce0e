using System.Collections;
using Furiosa.Gateway.Configuration;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Configuration;

/// <summary>Layers, and what is said of wrong ones.</summary>
[TestFixture]
public sealed class SettingsLoaderTests
{
    private string _file = null!;

    [SetUp]
    public void CreateFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_file);

    [Test]
    public void Load_Nothing_IsTheDocumentedDefaults()
    {
        var settings = Load("");

        Assert.That(settings.Http, Has.Property("Host").EqualTo("0.0.0.0").And.Property("Port").EqualTo(8000));
        Assert.That(settings.Http.AllowedOrigins, Is.EqualTo(new[] { "*" }));
        Assert.That(settings.ServedModelName, Is.EqualTo("furiosa-demo"));
        Assert.That(settings.Runtime.ModelDirectory, Is.EqualTo(TestPaths.DemoModel));
        Assert.That(settings.Runtime.TensorParallel, Is.Null);
        Assert.That(settings.Runtime.EnablePrefixCaching, Is.True);
        Assert.That(settings.Runtime.DrainTimeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void Load_Layers_StrongerWins()
    {
        var environment = new Hashtable { ["FURIOSA_HTTP__PORT"] = "2", ["FURIOSA_DTYPE"] = "float32" };
        var options = new SettingsLayer();
        options.Set("furiosa.http.port", "3", "--port");

        var settings = Load("furiosa { http.port = 1, dtype = bfloat16, response-role = bot }", environment, options);

        Assert.That(settings.Http.Port, Is.EqualTo(3));
        Assert.That(settings.Runtime.Dtype, Is.EqualTo("float32"));
        Assert.That(settings.ResponseRole, Is.EqualTo("bot"));
    }

    [TestCase("", null, 0)]
    [TestCase("furiosa.cluster.split-brain-resolver = keep-majority", "keep-majority", 0)]
    [TestCase("furiosa.cluster { split-brain-resolver = static-quorum, quorum-size = 3 }", "static-quorum", 3)]
    [TestCase("akka.cluster.split-brain-resolver { active-strategy = static-quorum, static-quorum.quorum-size = 2 }", "static-quorum", 2)]
    [TestCase("akka.cluster.split-brain-resolver.active-strategy = keep-oldest", "keep-oldest", 0)]
    public void Load_SplitBrainResolver_IsTheOneThatIsGiven(string hocon, string? strategy, int quorum)
    {
        var resolver = Load(hocon + "\nfuriosa.cluster { hostname = 127.0.0.1, port = 7080 }").Runtime.Cluster!.Resolver;

        Assert.That((resolver.Strategy, resolver.Quorum), Is.EqualTo((strategy, quorum)));
    }

    [TestCase("furiosa.cluster.split-brain-resolver = keep-all", "must be one of furiosa, keep-majority")]
    [TestCase("furiosa.cluster.split-brain-resolver = static-quorum", "needs furiosa.cluster.quorum-size")]
    [TestCase("furiosa.cluster.quorum-size = 2", "is of use with furiosa.cluster.split-brain-resolver = static-quorum only")]
    [TestCase("akka.cluster.split-brain-resolver.active-strategy = keep-some", "must be one of keep-majority")]
    [TestCase("furiosa.cluster.split-brain-resolver = down-all\nakka.cluster.split-brain-resolver.active-strategy = keep-oldest", "give one of them")]
    public void Load_SplitBrainResolver_WrongOnesAreNamed(string hocon, string expected) =>
        Assert.That(Assert.Throws<ConfigurationException>(() => Load(hocon))!.Message, Does.Contain(expected));

    [Test]
    public void Load_SeveralProblems_AreAllNamed()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load(
            """
            furiosa {
              http { prot = 1, port = abc }
              dtype = int3
              kv-cache.memory = lots
              devices.use = "npu:0:*"
            }
            """,
            new Hashtable { ["FURIOSA_SHUTDOWN__DRAIN_TIMEOUT"] = "soon" }))!;

        Assert.That(error.ExitCode, Is.EqualTo(2));
        var lines = error.Message.Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(5));
        foreach (var part in new[] { "furiosa.http.prot", "furiosa.http.port: 'abc'", "int3", "lots", "FURIOSA_SHUTDOWN__DRAIN_TIMEOUT: 'soon'" })
            Assert.That(lines, Has.One.Contains(part));
    }

    [TestCase("furiosa { a = ${b} }", "substitutions")]
    [TestCase("furiosa { a = ${furiosa.a} }", "substitutions")]
    [TestCase("furiosa {", "not closed")]
    [TestCase("furiosa { } }", "not opened")]
    [TestCase("furiosa { http { }, dtype = auto }", "line 1")]
    [TestCase("include \"nowhere.conf\"", "nowhere.conf")]
    [TestCase("furiosa.http.port = [1, 2]", "furiosa.http.port")]
    [TestCase("furiosa.model = [\"a\"]", "furiosa.model")]
    [TestCase("furiosa.model = /no/such/model", "/no/such/model")]
    [TestCase("furiosa.http.allowed-origins = \"[1,\"", "allowed-origins")]
    [TestCase("nonsense = 1", "nonsense")]
    public void Load_TrapsOfHocon_AreOneLine(string text, string part)
    {
        var error = Assert.Throws<ConfigurationException>(() => Load(text))!;

        Assert.That(error.Message, Does.Contain(part).And.Not.Contain("\n"));
    }

    [TestCase("furiosa.devices.use = \"npu:0:9-3\"", "furiosa.devices.use: 'npu:0:9-3' cannot be used: Invalid pe index")]
    [TestCase("furiosa.devices.use = \"npu:x\"", "Invalid npu index: 'x'")]
    [TestCase("furiosa.devices.use = \"npu:0:0-1,npu:0:1\"", "4 PEs are required (dp 1 x pp 1 x tp 4). Given devices: npu:0:0-1 (2 PEs)")]
    [TestCase("furiosa { devices.use = \"npu:0:1-2\", tensor-parallel-size = 2 }", "starts at a multiple of its size")]
    [TestCase("furiosa.devices { count = 1, use = \"npu:1:*\" }", "npu:1 does not exist")]
    [TestCase("furiosa { devices.count = 1, data-parallel-size = 4 }", "furiosa.data-parallel-size: '4' cannot be used: Not enough devices")]
    [TestCase("furiosa { cluster.port = 7080, cluster.hostname = 127.0.0.1, devices.use = \"n1/npu:0:*, 127.0.0.1/npu:0:3-9\" }", "Invalid pe index: '9'")]
    [TestCase("furiosa { cluster.port = 7080, cluster.hostname = 127.0.0.1, devices.use = \"n1/npu:0:3-9\" }", null)]
    [TestCase("furiosa { role = gateway, cluster.hostname = 127.0.0.1, devices.use = \"npu:x\" }", null)]
    [TestCase("furiosa.http { tls.key-file = /x }", "furiosa.http.tls.key-file: '/x' is a key without a certificate")]
    [TestCase("furiosa.http.allowed-origins = [\"example.com\"]", "has 'example.com', which no browser sends")]
    [TestCase("furiosa.http.allowed-origins = [\"https://example.com\", \"http://localhost:3000\"]", null)]
    [TestCase("furiosa { http.port = 9, cluster.port = 9, cluster.hostname = 127.0.0.1 }", "furiosa.cluster.port: '9' is furiosa.http.port too")]
    [TestCase("furiosa { admin.port = 7081, cluster.port = 7080, cluster.hostname = 127.0.0.1 }", "furiosa.cluster.data-port: 'auto' (port 7081) is furiosa.admin.port too")]
    [TestCase("furiosa { role = device, http.port = 7080, cluster.hostname = 127.0.0.1 }", null)]
    public void Load_SettingsThatContradict_AreNamed(string text, string? part)
    {
        if (part is null) Assert.DoesNotThrow(() => Load(text));
        else Assert.That(Assert.Throws<ConfigurationException>(() => Load(text))!.Message, Does.Contain(part).And.Not.Contain("\n"));
    }

    [Test]
    public void Load_Include_IsRead()
    {
        var included = _file + ".inc";
        File.WriteAllText(included, "furiosa.http.port = 77");
        try
        {
            Assert.That(Load($"include \"{Path.GetFileName(included)}\"").Http.Port, Is.EqualTo(77));
        }
        finally
        {
            File.Delete(included);
        }
    }

    [Test]
    public void Load_AkkaSettings_ReachTheRuntimeQuoted()
    {
        var settings = Load("""
            akka {
              loglevel = DEBUG
              actor {
                serializers { "a.b, c" = "x:y" }
                list = [1, "two"]
              }
            }
            """);

        var parsed = Akka.Configuration.ConfigurationFactory.ParseString(settings.Runtime.AkkaHocon);
        Assert.That(parsed.GetString("akka.loglevel"), Is.EqualTo("DEBUG"));
        Assert.That(parsed.GetStringList("akka.actor.list"), Is.EqualTo(new[] { "1", "two" }));
        Assert.That(settings.Runtime.AkkaHocon, Does.Contain("\"a.b, c\" = \"x:y\""));
    }

    [Test]
    public void Load_MissingFile_IsNamed()
    {
        var error = Assert.Throws<ConfigurationException>(() => SettingsLoader.Load("/no/such.conf", new Hashtable(), new SettingsLayer()))!;

        Assert.That(error.Message, Does.Contain("/no/such.conf"));
    }

    [TestCase("1", 1)]
    [TestCase("10 MiB", 10 << 20)]
    [TestCase("1.5k", 1536)]
    [TestCase("2GB", 2_000_000_000)]
    public void ByteSize_Text_IsBytes(string text, long expected)
    {
        Assert.That(ByteSize.TryParse(text, out var bytes), Is.True);
        Assert.That(bytes, Is.EqualTo(expected));
    }

    [Test]
    public void Reference_EveryKey_HasAComment()
    {
        var lines = File.ReadAllLines(Path.Combine(TestPaths.Root, "hocon", "reference.conf"));
        var uncommented = lines.Where((line, i) => line.Contains(" = ") && !line.TrimStart().StartsWith('#') && !lines[i - 1].TrimStart().StartsWith('#'));

        Assert.That(uncommented, Is.Empty);
    }

    private FuriosaSettings Load(string text, IDictionary? environment = null, SettingsLayer? options = null)
    {
        File.WriteAllText(_file, text);
        return SettingsLoader.Load(_file, environment ?? new Hashtable(), options ?? new SettingsLayer());
    }
}
