using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.WebConsole;

/// <summary>The files of the console, how they are served, and what its playground may ask.</summary>
[TestFixture]
public sealed class ConsoleFilesTests
{
    private static readonly string Sources = Path.Combine(TestPaths.Root, "Furiosa.Gateway", "WebConsole");

    [Test]
    public async Task Files_AreServedUnderAStrictPolicy_AndKeptByTheBrowser()
    {
        var server = await DemoServer.GetAsync();
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };

        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources, "built"), "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(Path.Combine(Sources, "built"), file);
            using var response = await admin.GetAsync(name == "index.html" ? "/admin" : $"/admin/{name}");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), name);
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(await File.ReadAllBytesAsync(file)), name);
            Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'; script-src 'self'; style-src 'self';").And.Not.Contain("unsafe"));
            Assert.That(response.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
            Assert.That(response.Headers.CacheControl!.ToString(), Is.EqualTo(name == "index.html" ? "no-cache" : "public, max-age=31536000, immutable"));
            using var again = new HttpRequestMessage(HttpMethod.Get, response.RequestMessage!.RequestUri) { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
            using var unchanged = await admin.SendAsync(again);
            Assert.That(unchanged.StatusCode, Is.EqualTo(HttpStatusCode.NotModified), name);
        }
    }

    [Test]
    public async Task Playground_AsksBehindTheAdminKey_WhateverKeysClientsNeed()
    {
        await using var server = await TestServer.StartAsync("furiosa { admin.key = sesame, http.api-keys = [client] }");
        using var admin = new HttpClient { BaseAddress = new Uri(server.Host.AdminAddress!) };
        const string Question = """{"model": "EMPTY", "temperature": 0, "messages": [{"role": "user", "content": "What is the capital of France?"}]}""";

        foreach (var key in new[] { null, "client" })
        {
            admin.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
            using var page = await admin.GetAsync("/admin");
            using var refused = await admin.PostAsync("/admin/api/v1/chat/completions", new StringContent(Question, Encoding.UTF8, "application/json"));
            Assert.That((page.StatusCode, refused.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
        }
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sesame");
        using var answer = await admin.PostAsync("/admin/api/v1/chat/completions", new StringContent(Question, Encoding.UTF8, "application/json"));
        var told = await admin.GetJsonAsync("/admin/api/playground");

        Assert.That((string?)JObject.Parse(await answer.Content.ReadAsStringAsync())["choices"]![0]!["message"]!["content"], Is.EqualTo("The capital of France is Paris."));
        Assert.That(((string?)told["base_url"], (bool)told["key_required"]!), Is.EqualTo(($"{server.Host.Address}/v1", true)));
    }

    /// <summary>What is served is what its sources make, to the byte.</summary>
    [Test]
    public async Task Build_OfTheSources_GivesTheServedFiles()
    {
        var web = Path.Combine(Sources, "web");
        if (!Directory.Exists(Path.Combine(web, "node_modules", "vite"))) Assert.Ignore("The console's packages are not installed (npm ci in Furiosa.Gateway/WebConsole/web).");
        using var folder = new TemporaryDirectory();
        var start = new ProcessStartInfo("npm", ["run", "--silent", "build", "--", "--outDir", folder.Path, "--emptyOutDir"])
        {
            WorkingDirectory = web,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start, longest: TimeSpan.FromMinutes(3));

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        Assert.That(Read(folder.Path), Is.EqualTo(Read(Path.Combine(Sources, "built"))), "npm ci && npm run build in Furiosa.Gateway/WebConsole/web brings it up to date");
    }

    private static SortedDictionary<string, string> Read(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText), StringComparer.Ordinal);
}
