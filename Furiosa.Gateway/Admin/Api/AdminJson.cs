using System.Globalization;
using Furiosa.Gateway.OpenAi;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Furiosa.Gateway.Admin.Api;

/// <summary>Writes the admin API's answers. They are never hot, so they are built as trees.</summary>
internal static class AdminJson
{
    public static Task WriteAsync(HttpContext context, JObject body)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(body.ToString(Formatting.None), context.RequestAborted);
    }

    /// <summary>A number of the query, at most so large; the default where it is absent.</summary>
    /// <exception cref="ApiException">It is no number, or negative.</exception>
    public static long Number(HttpContext context, string name, long standard, long most)
    {
        var text = context.Request.Query[name].ToString();
        if (text.Length == 0) return standard;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, most)
            : throw ApiException.Invalid(name, $"'{name}' is '{BodyFields.Shorten(text)}', but must be an integer of at least 0.");
    }

    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public static double Round(double value, int digits = 4) => double.IsFinite(value) ? Math.Round(value, digits) : 0;
}
