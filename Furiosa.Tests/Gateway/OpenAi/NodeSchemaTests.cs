using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Every kind of answer fits strict JSON schemas, by an independent validator.</summary>
[TestFixture]
public sealed class NodeSchemaTests
{
    [Test]
    public async Task Answers_OfEveryEndpoint_FitTheirSchemas()
    {
        var server = await DemoServer.GetAsync();

        var result = await CheckAsync(server);

        Assert.That(result["problems"], Is.Empty, result.ToString());
        Assert.That((int)result["checked"]!, Is.GreaterThan(200));
    }

    /// <summary>With a script in the model's place, for the bundled one does not reason.</summary>
    [Test]
    public async Task Answers_WithReasoning_FitTheirSchemas()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("<think>Hm, 1 + 1.</think>\n\nIt is 2.", request), "furiosa.reasoning-parser = qwen3");
        await using var owned = server;

        var result = await CheckAsync(server, "reasoning");

        Assert.That(result["problems"], Is.Empty, result.ToString());
        Assert.That(result["thought"]!.Select(text => (string?)text), Is.EqualTo(new[] { "Hm, 1 + 1.", "Hm, 1 + 1.", "Hm, 1 + 1.", null }));
        Assert.That(result["kinds"]!.Select(kind => (string?)kind), Does.Contain("response.reasoning_text.delta").And.Contain("response.output_text.delta"));
    }

    private static async Task<JObject> CheckAsync(TestServer server, params string[] arguments)
    {
        var folder = Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "ajv"))) Assert.Ignore("The npm package ajv is not installed (npm ci in Furiosa.Tests/Node).");
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "schema-check.mjs"), server.Address.ToString().TrimEnd('/'), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var run = await ProgramRun.ToEndAsync(start, longest: TimeSpan.FromMinutes(5));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return JObject.Parse(run.Output);
    }
}
