using System.Text.RegularExpressions;
using Furiosa.Tests.Support;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>What <c>docs/fields.md</c> claims of every field is what the server does.</summary>
[TestFixture]
public sealed partial class FieldTableTests
{
    private static readonly Dictionary<string, string> Bases = new()
    {
        ["/v1/chat/completions"] = """{"messages": [{"role": "user", "content": "a"}], "temperature": 0, "max_tokens": 3}""",
        ["/v1/completions"] = """{"prompt": "a", "temperature": 0, "max_tokens": 3}""",
        ["/v1/responses"] = """{"input": "a", "temperature": 0, "max_output_tokens": 3}""",
        ["/v1/embeddings"] = """{"input": "a"}""",
        ["/tokenize"] = """{"prompt": "a"}""",
        ["/detokenize"] = """{"tokens": [300]}""",
    };

    // The fields of OpenAI's published API description.
    private static readonly Dictionary<string, string> Known = new()
    {
        ["/v1/chat/completions"] =
            "messages model modalities verbosity reasoning_effort max_completion_tokens frequency_penalty presence_penalty web_search_options top_logprobs response_format "
            + "audio store stream stop logit_bias logprobs max_tokens n prediction seed stream_options tools tool_choice parallel_tool_calls function_call functions "
            + "metadata temperature top_p user safety_identifier prompt_cache_key service_tier",
        ["/v1/completions"] = "model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream stream_options suffix temperature top_p user",
        ["/v1/responses"] =
            "input include parallel_tool_calls store instructions stream stream_options conversation previous_response_id model reasoning background max_output_tokens "
            + "max_tool_calls text tools tool_choice prompt truncation metadata top_logprobs temperature top_p user safety_identifier prompt_cache_key service_tier",
        ["/v1/embeddings"] = "input model encoding_format dimensions user",
    };

    private static readonly List<Row> Rows = Read().ToList();

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await DemoServer.GetAsync();

    [TestCaseSource(nameof(Cases))]
    public async Task Table_EveryRow_IsWhatTheServerDoes(string path, string field)
    {
        foreach (var row in Rows.Where(row => row.Path == path && row.Field == field))
        {
            if (row.Value is not null) await CheckAsync(row, row.Value, row.Kind == "refused");
            if (row.Kind == "honoured") await CheckAsync(row, row.Wrong ?? throw new InvalidDataException($"{field} has no wrong value"), isRefused: true);
            if (row.Kind != "ignored") continue;
            Assert.That(await AnswerAsync(path, row.Value!), Is.EqualTo(await AnswerAsync(path, [])), "an ignored field changes nothing");
        }
    }

    [TestCase("/v1/chat/completions")]
    [TestCase("/v1/completions")]
    [TestCase("/v1/responses")]
    [TestCase("/v1/embeddings")]
    public void Table_PublishedFields_AreAllThere(string path)
    {
        var missing = Known[path].Split(' ').Except(Rows.Where(row => row.Path == path).Select(row => row.Field));

        Assert.That(missing, Is.Empty);
    }

    /// <summary>The fields that the tables have of an endpoint.</summary>
    internal static IEnumerable<string> FieldsOf(string path) => Rows.Where(row => row.Path == path).Select(row => row.Field).Distinct();

    private static IEnumerable<TestCaseData> Cases() => Rows.Select(row => (row.Path, row.Field)).Distinct().Select(row => new TestCaseData(row.Path, row.Field));

    private async Task CheckAsync(Row row, JObject fields, bool isRefused)
    {
        var body = Body(row.Path, fields);
        using var content = new StringContent(body.ToString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await _server.Http.PostAsync(row.Path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(isRefused ? 400 : 200), $"{body} {text}");
        if (isRefused) Assert.That((string?)JObject.Parse(text)["error"]!["param"], Does.StartWith(row.Field), text);
    }

    private async Task<string> AnswerAsync(string path, JObject fields)
    {
        var (_, answer) = await _server.PostAsync(path, Body(path, fields).ToString());
        return string.Concat(answer.SelectTokens("choices[*].message.content").Concat(answer.SelectTokens("choices[*].text"))
            .Concat(answer.SelectTokens("output[*].content[*].text")).Concat(answer.SelectTokens("data[*].embedding")));
    }

    private static JObject Body(string path, JObject fields)
    {
        var body = JObject.Parse(Bases[path]);
        if (path == "/tokenize" && fields.ContainsKey("messages")) body.Remove("prompt");
        if (fields.ContainsKey("max_completion_tokens")) body.Remove("max_tokens");
        foreach (var property in fields.Properties()) body[property.Name] = property.Value;
        return body;
    }

    private static IEnumerable<Row> Read()
    {
        string[] paths = [];
        foreach (var line in File.ReadLines(Path.Combine(TestPaths.Root, "docs", "fields.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) paths = [.. Post().Matches(line).Select(match => match.Groups[1].Value)];
            var cells = line.Split('|');
            if (paths.Length == 0 || cells.Length != 7 || !cells[1].Trim().StartsWith('`')) continue;
            foreach (var path in paths) yield return new Row(path, cells[1].Trim().Trim('`'), cells[2].Trim(), Parse(cells[3]), Parse(cells[4]));
        }
    }

    private static JObject? Parse(string cell) => cell.Trim().Trim('`') is { Length: > 0 } text ? JObject.Parse(text) : null;

    [GeneratedRegex(@"POST (/\S+)")]
    private static partial Regex Post();

    private sealed record Row(string Path, string Field, string Kind, JObject? Value, JObject? Wrong);
}
