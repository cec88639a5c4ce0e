using System.Text;
using System.Text.Json;
using Furiosa.Gateway.Health;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary>The phases of the start, as <c>/health</c> shows them.</summary>
internal static class StartupJson
{
    public static JToken Of(StartupLog startup)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            HealthEndpoints.WriteStartup(json, startup);
            json.WriteEndObject();
        }
        return JObject.Parse(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)))["startup"]!;
    }
}
