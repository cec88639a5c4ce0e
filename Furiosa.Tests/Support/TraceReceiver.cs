using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Furiosa.Tests.Support;

/// <summary>A span as it came over the wire.</summary>
internal sealed record ReceivedSpan(string TraceId, string SpanId, string ParentId, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>An OTLP receiver: takes protobuf over HTTP, and reads of it what tests ask for.</summary>
internal sealed class TraceReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TraceReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public string Address => _app.Urls.First();

    public static async Task<TraceReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var receiver = new TraceReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver.Read(body.ToArray());
            context.Response.ContentType = "application/x-protobuf";
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // ExportTraceServiceRequest.resource_spans[1].scope_spans[2].spans[2]
    private void Read(byte[] message)
    {
        foreach (var span in Fields(message, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2))) Spans.Enqueue(ToSpan(span));
    }

    private static ReceivedSpan ToSpan(byte[] span)
    {
        string Hex(int field) => Convert.ToHexStringLower(Fields(span, field).FirstOrDefault() ?? []);
        var tags = new Dictionary<string, string>();
        foreach (var attribute in Fields(span, 9)) tags[Text(attribute, 1)] = Value(Fields(attribute, 2).First());
        return new ReceivedSpan(Hex(1), Hex(2), Hex(4), Text(span, 5), tags);
    }

    private static string Text(byte[] message, int field) => System.Text.Encoding.UTF8.GetString(Fields(message, field).First());

    private static string Value(byte[] any)
    {
        var input = new CodedInputStream(any);
        var tag = input.ReadTag();
        return WireFormat.GetTagFieldNumber(tag) switch
        {
            1 => input.ReadString(),
            3 => input.ReadInt64().ToString(),
            4 => input.ReadDouble().ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "",
        };
    }

    private static List<byte[]> Fields(byte[] message, int number)
    {
        var (input, found) = (new CodedInputStream(message), new List<byte[]>());
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) found.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }
        return found;
    }
}
