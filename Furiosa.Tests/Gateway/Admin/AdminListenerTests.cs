using System.Collections;
using System.Net;
using System.Net.Sockets;
using Furiosa.Actors.Hosting;
using Furiosa.Gateway.Admin;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Admin;

/// <summary>The admin listener: where it listens, whom it answers, and what probes see.</summary>
[TestFixture]
public sealed class AdminListenerTests
{
    [Test]
    public async Task Health_OfAServingServer_ShowsThePhasesOfTheStart()
    {
        var server = await DemoServer.GetAsync();
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };

        foreach (var http in new[] { server.Http, admin })
        {
            foreach (var path in new[] { "/health", "/health/ready", "/health/live" })
            {
                var body = await http.GetJsonAsync(path);
                var phases = body["startup"]!["phases"]!.ToDictionary(phase => (string)phase["name"]!, phase => (string)phase["state"]!);
                Assert.That((string?)body["status"], Is.EqualTo(path.EndsWith("live", StringComparison.Ordinal) ? "alive" : "ok"));
                Assert.That(phases.Keys, Is.EqualTo(new[] { "mesh", "model", "memory", "stages", "serving" }));
                Assert.That(phases.Values, Has.All.EqualTo("done"));
            }
        }
    }

    [Test]
    public async Task Health_WhileLoading_IsAliveButNotReady()
    {
        var state = new ServerState();
        await using var server = await GatewayServer.StartAsync(new HttpOptions { Host = "127.0.0.1", Port = 0 }, state, new KeyRing([]));
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        state.Startup.Report(new StartupProgress(StartupPhase.Mesh, "Placing", 0));
        state.Startup.Report(new StartupProgress(StartupPhase.Stages, "Packing weights: layer 1 of 4", 0.25));

        var live = await http.GetJsonAsync("/health/live");
        using var ready = await http.GetAsync("/health/ready");
        var body = JObject.Parse(await ready.Content.ReadAsStringAsync());

        Assert.That((string?)live["status"], Is.EqualTo("alive"));
        Assert.That(((int)ready.StatusCode, (string?)body["status"], (string?)body["error"]!["code"]), Is.EqualTo((503, "loading", "loading")));
        Assert.That(ready.Headers.RetryAfter, Is.Not.Null);
        Assert.That((string?)body["startup"]!["phase"], Is.EqualTo("stages"));
        Assert.That(body["startup"]!["phases"]!.Select(phase => (string)phase["state"]!), Is.EqualTo(new[] { "done", "pending", "pending", "running", "pending" }));
        Assert.That((double)body["startup"]!["phases"]![3]!["fraction"]!, Is.EqualTo(0.25));
    }

    [Test]
    public async Task Health_OfAFailedRuntime_IsNeitherReadyNorAlive()
    {
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request));
        await using (server)
        {
            runtime.Health = new RuntimeHealth(RuntimeState.Failed, 0, 0, 0, 0);

            var (ready, _) = await server.GetAsync("/health/ready");
            var (live, body) = await server.GetAsync("/health/live");

            Assert.That((ready, live, (string?)body["status"]), Is.EqualTo((503, 503, "failed")));
        }
    }

    [Test]
    public async Task AutomaticPort_Taken_GivesWayToAnother()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var admin = await AdminServer.StartAsync(new AdminOptions(), port - AdminOptions.PortDistance, new ServerState());
        var asked = Assert.ThrowsAsync<AddressTakenException>(() => AdminServer.StartAsync(new AdminOptions { Port = port }, 0, new ServerState()));

        Assert.That(new Uri(admin!.Address).Port, Is.Not.EqualTo(port));
        Assert.That(asked!.Message, Does.Contain("--admin-port"));
    }

    [TestCase(8000, 18000)]
    [TestCase(0, 0)]
    [TestCase(60000, 0)]
    public void AutomaticPort_OfAMainPort_LiesFarAboveIt(int main, int expected) => Assert.That(new AdminOptions().FirstPort(main), Is.EqualTo(expected));

    [Test]
    public async Task Off_IsNoListener() => Assert.That(await AdminServer.StartAsync(Load("furiosa.admin.port = off").Admin, 8000, new ServerState()), Is.Null);

    [Test]
    public async Task WithoutAKey_OnlyThisMachineAndItsOwnPagesAreAnswered()
    {
        await using var admin = await AdminServer.StartAsync(new AdminOptions { Port = 0 }, 0, new ServerState());
        using var http = new HttpClient { BaseAddress = new Uri(admin!.Address) };

        Assert.That(await StatusAsync(http), Is.EqualTo(200));
        Assert.That(await StatusAsync(http, ("Origin", admin.Address)), Is.EqualTo(200));
        Assert.That(await StatusAsync(http, ("Origin", "https://example.com")), Is.EqualTo(403));
        Assert.That(await StatusAsync(http, ("Host", "rebound.example.com")), Is.EqualTo(403));
    }

    [Test]
    public async Task WithAKey_TheApiNeedsItAndHealthDoesNot()
    {
        await using var admin = await AdminServer.StartAsync(new AdminOptions { Port = 0, Key = "let me in" }, 0, new ServerState());
        using var http = new HttpClient { BaseAddress = new Uri(admin!.Address) };

        Assert.That(await StatusAsync(http), Is.EqualTo(200));
        Assert.That(await StatusAsync(http, "/admin/api/none"), Is.EqualTo(401));
        Assert.That(await StatusAsync(http, "/admin/api/none", ("Authorization", "Bearer let me out")), Is.EqualTo(401));
        Assert.That(await StatusAsync(http, "/admin/api/none", ("Authorization", "Bearer let me in")), Is.EqualTo(404));
    }

    [Test]
    public void AnAddressBeyondThisMachine_WithoutAKey_IsRefusedAndWithAKeyFileAccepted()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.Write("admin.key", "# the console's\nsecret\n");

        var error = Assert.Throws<ConfigurationException>(() => Load("furiosa.admin.host = \"0.0.0.0\""))!;
        var options = Load($"furiosa.admin {{ host = \"0.0.0.0\", key-file = \"{file}\" }}").Admin;

        Assert.That(error.Message, Does.Contain("furiosa.admin.host").And.Contain("--admin-key"));
        Assert.That(options.Key, Is.EqualTo("secret"));
        Assert.That(() => Load($"furiosa.admin {{ key = a, key-file = \"{file}\" }}"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("key-file"));
        Assert.That(() => Load("furiosa.admin.key-file = /no/such/file"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("/no/such/file"));
    }

    private static async Task<int> StatusAsync(HttpClient http, params (string Name, string Value)[] headers) => await StatusAsync(http, "/health/live", headers);

    private static async Task<int> StatusAsync(HttpClient http, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static FuriosaSettings Load(string hocon) => SettingsLoader.Load(null, new Hashtable(), HoconFile.Parse(hocon, "the test"));
}
