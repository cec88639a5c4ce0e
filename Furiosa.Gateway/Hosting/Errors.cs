using Furiosa.Gateway.OpenAi;
using Furiosa.Gateway.Text;

namespace Furiosa.Gateway.Hosting;

/// <summary>Sees to it that every failure reaches the client as an error object.</summary>
internal static partial class Errors
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var error = await RunAsync(context, next);
        if (error is null || context.RequestAborted.IsCancellationRequested) return;
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        await ErrorEnvelope.RespondAsync(context, error);
        await RefusedBody.DrainAsync(context);
    }

    /// <summary>What a client is told of a defect; the log has the rest.</summary>
    public static ApiError Unknown(HttpContext context, Exception error)
    {
        LogUnknown(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("server"), context.TraceIdentifier, context.Request.Path, error);
        return ApiError.Internal($"The server failed on this request; its log has more under the request id {context.TraceIdentifier}.");
    }

    private static async Task<ApiError?> RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            return context.Response.HasStarted ? null : OfStatus(context);
        }
        catch (ApiException refused)
        {
            return refused.Error;
        }
        catch (ModelTextException unreadable)
        {
            return new ApiError(StatusCodes.Status400BadRequest, $"The model's tokenizer cannot take this text: {unreadable.Message}", ApiError.InvalidRequest);
        }
        catch (BadHttpRequestException bad)
        {
            return new ApiError(bad.StatusCode, bad.Message, ApiError.InvalidRequest);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception unknown)
        {
            return Unknown(context, unknown);
        }
    }

    // Routing answers unknown paths and methods with a bare status.
    private static ApiError? OfStatus(HttpContext context)
    {
        var path = BodyFields.Shorten(context.Request.Path);
        return context.Response.StatusCode switch
        {
            404 => new ApiError(404, $"There is nothing at {context.Request.Method} {path}.", ApiError.InvalidRequest, Code: "unknown_url"),
            405 => new ApiError(405, $"{context.Request.Method} is not allowed at {path}; use {context.Response.Headers.Allow}.", ApiError.InvalidRequest, Code: "method_not_allowed"),
            >= 400 and var status => new ApiError(status, "The request cannot be answered.", ApiError.InvalidRequest),
            _ => null,
        };
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Request {RequestId} to {Path} failed")]
    private static partial void LogUnknown(ILogger logger, string requestId, string path, Exception error);
}
