using System.Security.Cryptography;
using System.Text;
using Furiosa.Gateway.Text;
using Furiosa.Tests.Support;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Text;

/// <summary>What Jinja2 3.1, set up as Hugging Face does, gave for programs and requests made at random; null stands for an error.</summary>
public sealed class TemplateProgramTests
{
    // programs.json: "variables", and "programs" with "t" (the template) and "p" (what it gives).
    [Test]
    public void Render_RandomPrograms_AsJinja()
    {
        var file = Read(Fixtures.Template("programs.json"));
        var variables = (JObject)file["variables"]!;
        var programs = (JArray)file["programs"]!;
        Assert.That(programs, Has.Count.GreaterThan(1000));
        Assert.Multiple(() =>
        {
            foreach (var program in programs)
                Assert.That(Outcome((string)program["t"]!, variables), Is.EqualTo((string?)program["p"]), (string)program["t"]!);
        });
    }

    // requests.json: "requests", and for each template of the conformance data the first digits of the SHA-256 of what each request gives.
    [Test]
    public void Render_RealTemplatesWithRandomRequests_AsJinja()
    {
        var folder = TestPaths.RequireShared("conformance", "chat-templates");
        var file = Read(Fixtures.Template("requests.json"));
        var requests = (JArray)file["requests"]!;
        Assert.Multiple(() =>
        {
            foreach (var (name, outcomes) in (JObject)file["templates"]!)
            {
                var template = File.ReadAllText(Path.Combine(folder, name));
                for (var i = 0; i < requests.Count; i++)
                {
                    var prompt = Outcome(template, (JObject)requests[i]);
                    var digest = prompt == null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(prompt)))[..12];
                    Assert.That(digest, Is.EqualTo((string?)outcomes![i]), $"{name}, request {i}:\n{prompt}");
                }
            }
        });
    }

    private static string? Outcome(string template, JObject variables)
    {
        try
        {
            return ChatTemplate.Parse(template).Render(variables, new JanuaryNoon());
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }

    private static JObject Read(string path)
    {
        using var reader = new JsonTextReader(File.OpenText(path)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }

    private sealed class JanuaryNoon : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 30, 5, TimeSpan.Zero);
    }
}
