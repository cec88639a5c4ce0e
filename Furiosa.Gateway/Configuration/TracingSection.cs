using Furiosa.Gateway.Tracing;

namespace Furiosa.Gateway.Configuration;

/// <summary>Reads <c>furiosa.tracing</c>.</summary>
internal static class TracingSection
{
    private const string Endpoint = "furiosa.tracing.endpoint";

    public static TracingOptions Read(SettingReader reader)
    {
        var text = reader.Text(Endpoint);
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https";
        if (text is not null && !isUrl) reader.Problem(Endpoint, "must be a URL such as http://localhost:4318");
        return new TracingOptions
        {
            Endpoint = isUrl ? endpoint : null,
            Grpc = reader.OneOf("furiosa.tracing.protocol", "http", "grpc") == "grpc",
            SampleRatio = reader.Number("furiosa.tracing.sample-ratio", 0, 1) ?? 1,
            ServiceName = reader.Text("furiosa.tracing.service-name") ?? "furiosa",
        };
    }
}
