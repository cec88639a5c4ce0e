using System.Globalization;
using System.Text.Json;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Writes <c>{"error":{"message","type","param","code"}}</c>, as a response or inside a stream.</summary>
internal static class ErrorEnvelope
{
    public static void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        WriteError(json, error);
        json.WriteEndObject();
    }

    /// <summary>The property <c>error</c> alone.</summary>
    public static void WriteError(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, error.Type);
        json.WriteString("param"u8, error.Param);
        json.WriteString("code"u8, error.Code);
        json.WriteEndObject();
    }

    public static Task RespondAsync(HttpContext context, ApiError error)
    {
        SetHead(context, error);
        return JsonResponse.WriteAsync(context, json => Write(json, error));
    }

    /// <summary>Sets the status and the headers that go with the error.</summary>
    public static void SetHead(HttpContext context, ApiError error)
    {
        var response = context.Response;
        response.StatusCode = error.Status;
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            response.Headers["retry-after-ms"] = wait.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture);
        }
        if (!error.MayRetry) response.Headers["x-should-retry"] = "false";
        if (error.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
    }
}
