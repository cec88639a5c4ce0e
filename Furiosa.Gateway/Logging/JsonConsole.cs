using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Logging;

/// <summary>Makes a JSON entry of each line that is printed, so that an output of JSON lines has nothing else in it.</summary>
internal sealed class JsonConsole(TextWriter output) : TextWriter
{
    public override Encoding Encoding => output.Encoding;

    public override void WriteLine(string? value) => output.WriteLine(new JObject
    {
        ["time"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
        ["level"] = "info",
        ["category"] = "startup",
        ["message"] = value,
    }.ToString(Formatting.None));

    public override void Flush() => output.Flush();
}
