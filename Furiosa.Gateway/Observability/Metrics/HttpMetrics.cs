using System.Diagnostics;
using Prometheus;

namespace Furiosa.Gateway.Observability.Metrics;

/// <summary>Counts all calls, under the names that FastAPI's instrumentation made usual; owns the registry of the process's metrics.</summary>
internal sealed class HttpMetrics
{
    private readonly Counter _requests;
    private readonly Histogram _seconds;

    public HttpMetrics()
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(Registry);
        _requests = factory.CreateCounter("http_requests_total", "HTTP requests by route, method and kind of status.", "handler", "method", "status");
        _seconds = factory.CreateHistogram("http_request_duration_seconds", "Seconds from a request's head to the end of its answer.",
            ["handler", "method"], new HistogramConfiguration { Buckets = [.1, .5, 1, 5, 10, 30, 60] });
        DotNetStats.Register(Registry);
    }

    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            // Routes are bounded in number, paths and methods are not.
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            var (handler, method) = route is null ? ("none", "none") : (route, context.Request.Method);
            _requests.WithLabels(handler, method, $"{context.Response.StatusCode / 100}xx").Inc();
            _seconds.WithLabels(handler, method).Observe(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
    }
}
