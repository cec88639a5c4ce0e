using System.Collections;
using System.Text;
using Furiosa.Gateway.Configuration;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Configuration;

/// <summary>What changed settings do to a server that runs, and what of them nobody is ever shown.</summary>
[TestFixture]
public sealed class LiveChangeTests
{
    private const string Completions = "/v1/completions";
    private const string Body = """{"prompt": "Once upon a time", "max_tokens": 2}""";

    [Test]
    public async Task Limits_Changed_HoldForTheNextRequest()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request));
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };
        await using (server)
        {
            Assert.That((await server.PostAsync(Completions, Body)).Status, Is.EqualTo(200));
            server.Host.Apply(Settings("furiosa.limits { requests-per-minute = 1, tokens-per-minute = 900, concurrent-requests = 7 }"));

            var statuses = new[] { (await server.PostAsync(Completions, Body)).Status, (await server.PostAsync(Completions, Body)).Status };
            var key = (await admin.GetJsonAsync("/admin/api/limits"))["keys"]![0]!;

            Assert.That(statuses, Is.EqualTo(new[] { 200, 429 }));
            Assert.That(((int)key["requests_per_minute"]!["limit"]!, (int)key["tokens_per_minute"]!["limit"]!, (int)key["concurrent_requests"]!), Is.EqualTo((1, 900, 7)));
            server.Host.Apply(Settings(""));
            Assert.That((await server.PostAsync(Completions, Body)).Status, Is.EqualTo(200));
        }
    }

    [Test]
    public async Task TimeOut_Changed_HoldsForTheNextRequest()
    {
        var (server, _) = await TestServer.ScriptAsync((_, _, aborted) => ScriptedRuntime.Endless(aborted));
        await using (server)
        {
            server.Host.Apply(Settings("furiosa.limits.request-timeout = 200 ms"));

            Assert.That((await server.PostAsync(Completions, """{"prompt": "x", "max_tokens": 1000}""")).Status, Is.EqualTo(504));
        }
    }

    [Test]
    public async Task Keys_Changed_AreAskedForAndThoseThatAreGoneAreRefused()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.Write("keys", "from-the-file name=bob requests-per-minute=1\n");
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.http.api-keys = [old]");
        await using (server)
        {
            server.Host.Apply(Settings($"furiosa.http {{ api-keys = [new], api-key-file = \"{file}\" }}"));

            var statuses = new List<int>();
            foreach (var key in new[] { "old", "new", "from-the-file", "from-the-file" })
            {
                server.Http.DefaultRequestHeaders.Authorization = new("Bearer", key);
                statuses.Add((await server.PostAsync(Completions, Body)).Status);
            }
            Assert.That(statuses, Is.EqualTo(new[] { 401, 200, 200, 429 }));
        }
    }

    [Test]
    public async Task TemplateArguments_Changed_AreRendered()
    {
        using var folder = new TemporaryDirectory();
        var template = folder.Write("template.jinja", "{{ preface }}{{ messages[0].content }}");
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), $"furiosa.chat-template = \"{template}\"");
        await using (server)
        {
            async Task<int> TokensAsync() =>
                (int)(await server.PostAsync("/v1/chat/completions", """{"model": "x", "messages": [{"role": "user", "content": "cat"}]}""")).Body["usage"]!["prompt_tokens"]!;
            var before = await TokensAsync();

            server.Host.Apply(Settings($$"""furiosa { chat-template = "{{template}}", default-chat-template-kwargs = "{\"preface\": \"Once upon a time there was a \"}" }"""));

            Assert.That(await TokensAsync(), Is.GreaterThan(before + 3));
        }
    }

    /// <summary>Neither pages, nor the admin API, nor errors, nor reports for bugs show a key.</summary>
    [Test]
    public async Task Secrets_StandInNoAnswerAndNoReport()
    {
        const string Client = "client-s3cret";
        const string Admin = "admin-s3cret";
        await using var server = await TestServer.StartAsync($"furiosa {{ admin.key = \"{Admin}\", http.api-keys = [\"{Client}\"], limits.requests-per-minute = 1 }}");
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", Client);
        var said = new StringBuilder();
        foreach (var _ in new[] { "served", "refused" }) said.Append((await server.PostAsync(Completions, Body)).Body);
        foreach (var (scheme, key) in new[] { ("Bearer", Admin), ("Bearer", "wrong" + Admin) })
        {
            admin.DefaultRequestHeaders.Authorization = new(scheme, key);
            foreach (var path in new[] { "/admin", "/admin/api/state", "/admin/api/cluster", "/admin/api/limits", "/admin/api/requests", "/admin/api/events", "/admin/api/history", "/admin/api/playground", "/metrics", "/health", "/version" })
            {
                using var answer = await admin.GetAsync(path);
                said.Append(answer.Headers).Append(await answer.Content.ReadAsStringAsync());
            }
        }
        var report = ProgramRun.StartInfo("collect-env");
        report.Environment["FURIOSA_HTTP__API_KEYS"] = Client;
        report.Environment["FURIOSA_ADMIN__KEY"] = Admin;
        var run = await ProgramRun.ToEndAsync(report);
        var shown = ProgramRun.StartInfo("config", "show");
        shown.Environment["FURIOSA_HTTP__API_KEYS"] = Client;
        shown.Environment["FURIOSA_ADMIN__KEY"] = Admin;
        var settings = await ProgramRun.ToEndAsync(shown);

        Assert.That(said.Append(run.Output).Append(run.Error).Append(settings.Output).Append(settings.Error).ToString(), Does.Not.Contain("s3cret"));
        Assert.That(said.ToString(), Does.Contain("key-1").And.Contain("(hidden)").And.Contain("FURIOSA_ADMIN__KEY"));
    }

    private static FuriosaSettings Settings(string hocon) => SettingsLoader.Load(null, new Hashtable(), HoconFile.Parse(hocon, "the test"));
}
