using Furiosa.Actors.Observation;
using Furiosa.Gateway.Health;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Furiosa.Gateway.Tracing;

/// <summary>Sends spans to an OTLP receiver; without one nobody listens to them, and none is made.</summary>
internal static class TracingSetup
{
    private const string TracesPath = "/v1/traces";

    /// <returns>Sends what is left when disposed; null where nothing is traced.</returns>
    public static IDisposable? Start(TracingOptions options)
    {
        if (options.Endpoint is not { } endpoint) return null;
        return Sdk.CreateTracerProviderBuilder()
            .AddSource(RequestTracing.SourceName)
            .AddSource(RuntimeTracing.SourceName)
            .ConfigureResource(resource => resource.AddService(options.ServiceName, serviceVersion: VersionEndpoint.Version))
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)))
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = options.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = options.Grpc || endpoint.AbsolutePath.Length > 1 ? endpoint : new Uri(endpoint, TracesPath);
            })
            .Build();
    }
}
