using System.Diagnostics;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>The stock npm client against the real server.</summary>
[TestFixture]
public sealed class NodeClientTests
{
    [Test]
    public async Task Client_OfNode_UnderstandsEveryAnswer()
    {
        var folder = Path.Combine(TestPaths.Root, "Furiosa.Tests", "Node");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "openai"))) Assert.Ignore("The npm package openai is not installed (npm ci in Furiosa.Tests/Node).");
        var server = await DemoServer.GetAsync();
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "openai-client.mjs"), new Uri(server.Address, "/v1").ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        var run = await ProgramRun.ToEndAsync(start);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var result = JObject.Parse(run.Output);
        Assert.That((string?)result["whole"], Is.EqualTo("The capital of France is Paris."));
        Assert.That((string?)result["streamed"], Is.EqualTo("The capital of France is Paris."));
        Assert.That((int)result["completionTokens"]!, Is.EqualTo(8));
        Assert.That(result["final"], Is.EqualTo(JArray.Parse("""[["The capital of France is Paris.", "stop"], ["The capital of France is Paris.", "stop"]]""")).Using(JToken.EqualityComparer));
        Assert.That((string?)result["completion"], Is.EqualTo(" Paris."));
        Assert.That(result["responses"]!.Select(text => (string?)text), Is.All.EqualTo("The capital of France is Paris."));
        Assert.That((bool)result["goesOn"]!, Is.True);
        Assert.That(result["vectors"]!.Select(length => (int)length!), Is.All.GreaterThan(8));
        Assert.That((string?)result["model"], Is.EqualTo("furiosa-demo"));
        Assert.That(result["error"], Is.EqualTo(JObject.Parse("""{"name": "BadRequestError", "status": 400, "param": "temperature", "type": "invalid_request_error"}""")).Using(JToken.EqualityComparer));
    }
}
