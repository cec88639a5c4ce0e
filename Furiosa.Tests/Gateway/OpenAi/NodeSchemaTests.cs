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
        var folder = Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "ajv"))) Assert.Ignore("The npm package ajv is not installed (npm ci in Furiosa.Tests/Node).");
        var server = await DemoServer.GetAsync();
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "schema-check.mjs"), server.Address.ToString().TrimEnd('/')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start, longest: TimeSpan.FromMinutes(5));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var result = JObject.Parse(run.Output);
        Assert.That(result["problems"], Is.Empty, run.Output);
        Assert.That((int)result["checked"]!, Is.GreaterThan(200));
    }
}
