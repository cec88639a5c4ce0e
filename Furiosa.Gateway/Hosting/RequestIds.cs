namespace Furiosa.Gateway.Hosting;

/// <summary>Gives each request a name: the client's <c>X-Request-Id</c>, or a new one; it goes back with the answer and into its <c>id</c>.</summary>
internal static class RequestIds
{
    private const string Header = "X-Request-Id";
    private const int Longest = 128;

    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var asked = context.Request.Headers[Header].ToString();
        var id = IsUsable(asked) ? asked : Guid.NewGuid().ToString("N");
        context.TraceIdentifier = id;
        context.Response.Headers[Header] = id;
        return next(context);
    }

    private static bool IsUsable(string id) =>
        id.Length is > 0 and <= Longest && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':');
}
