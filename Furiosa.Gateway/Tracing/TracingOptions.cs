namespace Furiosa.Gateway.Tracing;

/// <summary>Where spans of requests go.</summary>
internal sealed record TracingOptions
{
    /// <summary>The OTLP receiver; null for no traces.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>gRPC instead of protobuf over HTTP.</summary>
    public bool Grpc { get; init; }

    /// <summary>Part of those requests that is traced which bring no decision of their own.</summary>
    public double SampleRatio { get; init; } = 1;

    public string ServiceName { get; init; } = "furiosa";
}
