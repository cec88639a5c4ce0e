using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.OpenAi;

/// <summary>Reads a request's body as one JSON object, within bounds of depth and number of values.</summary>
internal static class JsonBodyReader
{
    public const int MostDepth = 64;
    private const int MostValues = 1_000_000;

    /// <summary>Sees to it that a body says it is JSON, before it is received.</summary>
    /// <exception cref="ApiException">It says that it is something else.</exception>
    public static void CheckHeaders(HttpContext context)
    {
        CheckContentType(context.Request);
        CheckEncoding(context);
    }

    /// <summary>The fields of a body.</summary>
    public static BodyFields Parse(ReadOnlyMemory<byte> body)
    {
        CheckGrammar(body.Span);
        return new BodyFields(Load(body));
    }

    private static void CheckContentType(HttpRequest request)
    {
        var type = request.ContentType ?? "";
        var parts = type.Split(';', StringSplitOptions.TrimEntries);
        var isJson = parts[0].Equals("application/json", StringComparison.OrdinalIgnoreCase);
        var charset = parts.Skip(1).FirstOrDefault(part => part.StartsWith("charset=", StringComparison.OrdinalIgnoreCase))?[8..].Trim('"');
        if (!isJson || (charset is not null && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !charset.Equals("utf8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new ApiException(new ApiError(
                StatusCodes.Status415UnsupportedMediaType,
                $"The content type is '{BodyFields.Shorten(type)}', but must be application/json in UTF-8.",
                ApiError.InvalidRequest,
                Code: "unsupported_media_type"));
        }
    }

    // A compressed body could be a thousand times what the limit lets in.
    private static void CheckEncoding(HttpContext context)
    {
        var encoding = context.Request.Headers.ContentEncoding.ToString();
        if (encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) return;
        context.Response.Headers.AcceptEncoding = "identity";
        throw new ApiException(new ApiError(
            StatusCodes.Status415UnsupportedMediaType,
            $"The content encoding is '{BodyFields.Shorten(encoding)}', but bodies must come as they are: leave Content-Encoding out.",
            ApiError.InvalidRequest,
            Code: "unsupported_content_encoding"));
    }

    // The grammar is checked here because Newtonsoft is lenient: it takes comments, single quotes and NaN.
    private static void CheckGrammar(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        if (!Utf8.IsValid(body)) throw Malformed("The request body is not valid UTF-8.");
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MostDepth + 1 });
            var values = 0;
            while (reader.Read())
            {
                if (values == 0 && reader.TokenType != JsonTokenType.StartObject) throw Malformed("The request body must be a JSON object.");
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MostDepth)
                    throw Malformed($"The JSON is nested deeper than {MostDepth} levels.");
                if (++values > MostValues) throw Malformed($"The JSON holds more than {MostValues} values.");
            }
        }
        catch (System.Text.Json.JsonException error)
        {
            throw Malformed($"The request body is not valid JSON, at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}.");
        }
    }

    private static JObject Load(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var text = new StringReader(Encoding.UTF8.GetString(body.Span).TrimStart('\uFEFF'));
            using var reader = new JsonTextReader(text) { MaxDepth = MostDepth + 1, DateParseHandling = DateParseHandling.None };
            return JObject.Load(reader);
        }
        catch (JsonReaderException error)
        {
            // What the check lets pass is a number of hundreds of digits.
            throw Malformed($"The request body holds a number that is too long, at line {error.LineNumber}, character {error.LinePosition}.");
        }
    }

    private static ApiException Malformed(string message) => new(ApiError.Invalid(null, message, "invalid_json"));
}
