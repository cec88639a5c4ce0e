using Furiosa.Gateway.Admin;

namespace Furiosa.Gateway.WebConsole;

/// <summary><c>GET /admin</c>: the console, a page that asks the admin API. Its sources are in <c>web</c>, what is served in <c>built</c>.</summary>
internal sealed class ConsoleModule : IAdminModule
{
    private const string Path = "/admin";

    // What a model writes is shown by this page: no script, style or address but its own, and no markup made of text.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public void Map(AdminRoutes routes)
    {
        routes.Pages.MapMethods("/", Methods, static context =>
        {
            context.Response.Redirect(Path);
            return Task.CompletedTask;
        });
        foreach (var file in ConsoleFile.All)
        {
            routes.Pages.MapMethods(file.Name == ConsoleFile.Page ? Path : $"{Path}/{file.Name}", Methods, context => SendAsync(context, file));
        }
    }

    private static async Task SendAsync(HttpContext context, ConsoleFile file)
    {
        var headers = context.Response.Headers;
        headers.ETag = file.Tag;
        headers.CacheControl = file.CacheControl;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.Headers.IfNoneMatch.Any(known => known?.Contains(file.Tag, StringComparison.Ordinal) == true))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Content.Length;
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
    }
}
