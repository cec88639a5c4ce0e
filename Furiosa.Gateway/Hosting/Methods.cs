namespace Furiosa.Gateway.Hosting;

/// <summary>What HTTP asks of every path: HEAD is GET without the body, and OPTIONS tells the methods.</summary>
internal static class Methods
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // `OPTIONS *` asks of the server as a whole.
        if (HttpMethods.IsOptions(context.Request.Method) && !context.Request.Path.HasValue)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = "GET, HEAD, POST, DELETE, OPTIONS";
            return;
        }
        // The server leaves out the body of whatever came in as HEAD.
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        await next(context);
        var response = context.Response;
        if (response.StatusCode != StatusCodes.Status405MethodNotAllowed || response.HasStarted) return;
        var allowed = response.Headers.Allow.ToString();
        if (allowed.Contains(HttpMethods.Get, StringComparison.Ordinal)) allowed = allowed.Replace(HttpMethods.Get, "GET, HEAD", StringComparison.Ordinal);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            allowed += ", OPTIONS";
            response.StatusCode = StatusCodes.Status204NoContent;
        }
        response.Headers.Allow = allowed;
    }
}
