using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.EndToEnd;

/// <summary>The bundled model's recorded answers, asked of the program as rendered prompts and as token ids.</summary>
[TestFixture]
public sealed class GoldenTests
{
    private const string Path = "/v1/completions";

    private static IEnumerable<TestCaseData> Golden() =>
        JArray.Parse(File.ReadAllText(System.IO.Path.Combine(TestPaths.DemoModel, "golden.json"))).Select((entry, i) => new TestCaseData((JObject)entry).SetArgDisplayNames($"{i}"));

    [TestCaseSource(nameof(Golden))]
    public Task Completions_Prompt_IsTheReference(JObject golden) => ExpectAsync(golden["prompt"]!, golden);

    [TestCaseSource(nameof(Golden))]
    public Task Completions_PromptIds_AreTheReference(JObject golden) => ExpectAsync(golden["prompt_ids"]!, golden);

    private static async Task ExpectAsync(JToken prompt, JObject golden)
    {
        var http = (await ServedByDefault.GetAsync()).Http;
        var ids = golden["output_ids"]!.Select(id => (int)id).ToList();
        var body = new JObject { ["prompt"] = prompt, ["temperature"] = 0, ["max_tokens"] = ids.Count, ["return_token_ids"] = true };

        var (status, whole) = await http.PostJsonAsync(Path, body);
        var streamed = (await http.StreamJsonAsync(Path, body)).Choices[0];

        Assert.That(status, Is.EqualTo(200), whole.ToString());
        var choice = whole["choices"]!.Single();
        Assert.That(choice["prompt_token_ids"]!.Select(id => (int)id), Is.EqualTo(golden["prompt_ids"]!.Select(id => (int)id)));
        Assert.That(choice["token_ids"]!.Select(id => (int)id), Is.EqualTo(ids));
        Assert.That((string?)choice["text"], Is.EqualTo((string?)golden["text"]));
        Assert.That(streamed.Ids, Is.EqualTo(string.Join(',', ids)));
        Assert.That(streamed.Text, Is.EqualTo((string?)golden["text"]));
        Assert.That(streamed.Finish, Is.EqualTo($"{choice["finish_reason"]} {choice["stop_reason"]}"));
    }
}
