using System.Text.Encodings.Web;
using System.Text.Json;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Writes a whole JSON body straight into the response's own buffer.</summary>
internal static class JsonResponse
{
    /// <summary>Text stays readable: only what JSON itself demands is escaped (these bodies are never put into a web page).</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Options)) write(json);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
