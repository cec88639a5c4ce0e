using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Writes a whole JSON body with its length.</summary>
internal static class JsonResponse
{
    /// <summary>Text stays readable: only what JSON itself demands is escaped (these bodies are never put into a web page).</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Options)) write(json);
        return WriteAsync(context, body.WrittenMemory);
    }

    /// <summary>Writes a body that is JSON already.</summary>
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
