using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Writes a whole JSON body with its length.</summary>
internal static class JsonResponse
{
    /// <summary>Text stays readable: only what JSON itself demands is escaped (these bodies are never put into a web page).</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Options)) write(json);
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
