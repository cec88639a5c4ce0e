using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Tools.Requests;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Tools;

[TestFixture]
internal sealed class ToolsRequestReaderTests
{
    private const string Weather =
        """{"function": {"parameters": {"type": "object", "properties": {"city": {"type": "string"}}}, "strict": true, "name": "get_weather", "description": "Weather"}, "type": "function"}""";

    [Test]
    public void Read_NoFields_IsNoTools()
    {
        var request = ToolsRequestReader.Read(JObject.Parse("""{"tools": null, "tool_choice": null, "functions": null, "parallel_tool_calls": null}"""));

        Assert.That(request.MayCall, Is.False);
        Assert.That(request.ForTemplate, Is.Null);
        Assert.That(request.Parallel, Is.True);
    }

    [Test]
    public void Read_ToolsAlone_IsAutoAndInTheOrderModelsKnow()
    {
        var request = ToolsRequestReader.Read(JObject.Parse($$"""{"tools": [{{Weather}}], "parallel_tool_calls": false}"""));

        Assert.That(request.Choice, Is.EqualTo(ToolChoice.Auto));
        Assert.That(request.Parallel, Is.False);
        Assert.That(request.Functions.Single().Strict, Is.True);
        Assert.That(request.Schemas().ParameterTypes("get_weather", "city"), Is.EqualTo(new[] { "string" }));
        Assert.That(request.ForTemplate!.ToString(Formatting.None), Is.EqualTo(
            """[{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]"""));
    }

    /// <summary>What is kept of a request holds nothing else of its body.</summary>
    [Test]
    public void Read_Parameters_StandAlone()
    {
        var request = ToolsRequestReader.Read(JObject.Parse($$"""{"tools": [{{Weather}}]}"""));

        Assert.That(request.Functions.Single().Parameters!.Parent, Is.Null);
        Assert.That(request.ForTemplate!.Parent, Is.Null);
    }

    [TestCase("\"none\"", ToolChoiceKind.None)]
    [TestCase("\"auto\"", ToolChoiceKind.Auto)]
    [TestCase("\"required\"", ToolChoiceKind.Required)]
    [TestCase("{\"type\": \"function\", \"function\": {\"name\": \"get_weather\"}}", ToolChoiceKind.Named)]
    public void Read_Choice_IsKept(string choice, ToolChoiceKind kind)
    {
        var request = ToolsRequestReader.Read(JObject.Parse($$"""{"tools": [{{Weather}}], "tool_choice": {{choice}}}"""));

        Assert.That(request.Choice.Kind, Is.EqualTo(kind));
        Assert.That(request.Choice.Function, Is.EqualTo(kind == ToolChoiceKind.Named ? "get_weather" : null));
        Assert.That(request.ForTemplate, kind == ToolChoiceKind.None ? Is.Null : Is.Not.Null);
    }

    [TestCase("auto", ToolChoiceKind.Auto)]
    [TestCase("required", ToolChoiceKind.Required)]
    public void Read_AllowedTools_AreAllThatTheModelSees(string mode, ToolChoiceKind kind)
    {
        var body = JObject.Parse($$"""{"tools": [{"type": "function", "function": {"name": "a"} }, {{Weather}}] }""");
        body["tool_choice"] = JObject.Parse("""{"type": "allowed_tools", "allowed_tools": {"tools": [{"type": "function", "function": {"name": "get_weather"}}]}}""");
        body["tool_choice"]!["allowed_tools"]!["mode"] = mode;
        var request = ToolsRequestReader.Read(body);

        Assert.That(request.Choice.Kind, Is.EqualTo(kind));
        Assert.That(request.Functions.Single().Name, Is.EqualTo("get_weather"));
        Assert.That((string?)request.ForTemplate!.Single()["function"]!["name"], Is.EqualTo("get_weather"));
    }

    [TestCase("""{}""", "tool_choice.allowed_tools")]
    [TestCase("""{"allowed_tools": {"mode": "auto", "tools": []}}""", "tool_choice.allowed_tools.tools")]
    [TestCase("""{"allowed_tools": {"mode": "none", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}}""", "tool_choice.allowed_tools.mode")]
    [TestCase("""{"allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "other"}}]}}""", "tool_choice.allowed_tools.tools[0].function.name")]
    [TestCase("""{"allowed_tools": {"mode": "auto", "tools": [{"type": "mcp"}]}}""", "tool_choice.allowed_tools.tools[0].type")]
    public void Read_AllowedToolsThatAreNone_AreRefusedAtTheirPath(string choice, string param)
    {
        var body = JObject.Parse($$"""{"tools": [{{Weather}}], "tool_choice": {{choice}} }""");
        body["tool_choice"]!["type"] = "allowed_tools";

        Assert.That(() => ToolsRequestReader.Read(body), Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo(param));
    }

    [TestCase("\"auto\"", ToolChoiceKind.Auto)]
    [TestCase("\"none\"", ToolChoiceKind.None)]
    [TestCase("{\"name\": \"f\"}", ToolChoiceKind.Named)]
    [TestCase("null", ToolChoiceKind.Auto)]
    public void Read_DeprecatedFunctions_AreToolsWithOneCall(string choice, ToolChoiceKind kind)
    {
        var request = ToolsRequestReader.Read(JObject.Parse($$"""{"functions": [{"name": "f"}], "function_call": {{choice}}}"""));

        Assert.That(request.Legacy, Is.True);
        Assert.That(request.Parallel, Is.False);
        Assert.That(request.Choice.Kind, Is.EqualTo(kind));
    }

    [TestCase("""{"tools": []}""", "tools")]
    [TestCase("""{"tools": {}}""", "tools")]
    [TestCase("""{"tools": [3]}""", "tools[0]")]
    [TestCase("""{"tools": [{"function": {"name": "f"}}]}""", "tools[0].type")]
    [TestCase("""{"tools": [{"type": "web_search"}]}""", "tools[0].type")]
    [TestCase("""{"tools": [{"type": "function"}]}""", "tools[0].function")]
    [TestCase("""{"tools": [{"type": "function", "function": {}}]}""", "tools[0].function.name")]
    [TestCase("""{"tools": [{"type": "function", "function": {"name": "a b"}}]}""", "tools[0].function.name")]
    [TestCase("""{"tools": [{"type": "function", "function": {"name": "f", "parameters": "{}"}}]}""", "tools[0].function.parameters")]
    [TestCase("""{"tools": [{"type": "function", "function": {"name": "f", "description": 1}}]}""", "tools[0].function.description")]
    [TestCase("""{"tools": [{"type": "function", "function": {"name": "f", "strict": "yes"}}]}""", "tools[0].function.strict")]
    [TestCase("""{"tool_choice": "auto"}""", "tool_choice")]
    [TestCase("""{"tool_choice": "required", "tools": [{"type": "function", "function": {"name": "f"}}], "functions": [{"name": "f"}]}""", "functions")]
    [TestCase("""{"tool_choice": "any", "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice")]
    [TestCase("""{"tool_choice": 1, "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice")]
    [TestCase("""{"tool_choice": {"type": "tool"}, "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice.type")]
    [TestCase("""{"tool_choice": {"type": "function"}, "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice.function")]
    [TestCase("""{"tool_choice": {"type": "function", "function": {}}, "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice.function.name")]
    [TestCase("""{"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": [{"type": "function", "function": {"name": "f"}}]}""", "tool_choice.function.name")]
    [TestCase("""{"parallel_tool_calls": 0}""", "parallel_tool_calls")]
    [TestCase("""{"functions": []}""", "functions")]
    [TestCase("""{"function_call": "auto"}""", "function_call")]
    [TestCase("""{"functions": [{"name": "f"}], "function_call": "required"}""", "function_call")]
    [TestCase("""{"functions": [{"name": "f"}], "function_call": {"name": "g"}}""", "function_call.name")]
    [TestCase("""{"functions": [{"name": "f"}], "tool_choice": "auto"}""", "tool_choice")]
    public void Read_WrongField_IsRefusedByItsPath(string request, string path)
    {
        Assert.That(() => ToolsRequestReader.Read(JObject.Parse(request)),
            Throws.TypeOf<ApiException>().With.Property("Error").Property("Param").EqualTo(path).And.Message.Contains(path.Split('.', '[')[0]));
    }
}
