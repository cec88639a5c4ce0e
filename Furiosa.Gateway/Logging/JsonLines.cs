using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Furiosa.Gateway.OpenAi;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Furiosa.Gateway.Logging;

/// <summary>One flat JSON object a line: <c>time</c>, <c>level</c>, <c>category</c>, <c>message</c>, and the entry's own fields in snake case.</summary>
internal sealed class JsonLines() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "furiosa-json";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, JsonResponse.Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level"u8, LevelNames.Of(logEntry.LogLevel));
            json.WriteString("category"u8, logEntry.Category);
            json.WriteString("message"u8, logEntry.Formatter(logEntry.State, logEntry.Exception));
            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> fields)
            {
                foreach (var (name, value) in fields.Where(field => field.Key != "{OriginalFormat}")) Write(json, JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value);
            }
            if (logEntry.Exception is { } error) json.WriteString("exception"u8, error.ToString());
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            case int number: json.WriteNumber(name, number); break;
            case long number: json.WriteNumber(name, number); break;
            case double number when double.IsFinite(number): json.WriteNumber(name, number); break;
            default: json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
