using Furiosa.Gateway.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>Every real template of the conformance data with every case: the text, or the error, that Jinja2 gives.</summary>
public sealed class ChatTemplateConformanceTests
{
    private static readonly string[] Templates = TestPaths.Shared == null
        ? []
        : [.. Directory.GetFiles(Path.Combine(TestPaths.Shared, "conformance", "chat-templates"), "*.jinja").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Test]
    public void Conformance_AllTemplates_AreThere()
    {
        TestPaths.RequireShared("conformance");
        Assert.That(Templates, Has.Length.EqualTo(36));
    }

    [TestCaseSource(nameof(Templates))]
    public void Render_EveryCase_EqualsJinja(string name)
    {
        var folder = TestPaths.RequireShared("conformance", "chat-templates");
        var template = ChatTemplate.Parse(File.ReadAllText(Path.Combine(folder, name + ".jinja")));
        var cases = Read(Path.Combine(folder, "cases.json"));
        var expected = Read(Path.Combine(folder, name + ".json"));
        Assert.That(expected, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            foreach (var (caseName, outcome) in expected)
            {
                var variables = (JObject)cases[caseName]!.DeepClone();
                variables.TryAdd("add_generation_prompt", true);
                (variables["bos_token"], variables["eos_token"], variables["pad_token"], variables["unk_token"]) = ("<s>", "</s>", "<pad>", "<unk>");
                Assert.That(Render(template, variables), Is.EqualTo(Outcome(outcome!)), $"{name}: {caseName}");
            }
        });
    }

    private static string Outcome(JToken outcome) => outcome["rendered"] is { } rendered ? (string)rendered! : "error: " + (string)outcome["error"]!;

    private static string Render(ChatTemplate template, JObject variables)
    {
        try
        {
            return template.Render(variables, new FixedClock());
        }
        catch (ChatTemplateException error)
        {
            return "error: " + error.Message;
        }
    }

    private static JObject Read(string path)
    {
        using var reader = new JsonTextReader(new StreamReader(path)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 30, 5, TimeSpan.Zero);
    }
}
