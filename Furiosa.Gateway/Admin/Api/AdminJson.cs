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

    /// <summary>A number of the query, kept within bounds; the default where it is absent or no number.</summary>
    public static long Number(HttpContext context, string name, long standard, long most) =>
        long.TryParse(context.Request.Query[name], out var number) ? Math.Clamp(number, 0, most) : standard;

    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    public static double Round(double value, int digits = 4) => double.IsFinite(value) ? Math.Round(value, digits) : 0;
}
