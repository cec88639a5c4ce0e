using System.Net.Http.Json;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Tracing;

/// <summary>Spans of a request, as an OTLP receiver gets them from the real program.</summary>
[TestFixture]
public sealed class TracingTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string ClientSpan = "00f067aa0ba902b7";

    /// <summary>Nobody listens: no span is made, and none is named in the answer.</summary>
    [Test]
    public async Task Request_WithoutAReceiver_MakesNoSpan()
    {
        var server = await DemoServer.GetAsync();
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { prompt = "x", max_tokens = 1 }) };
        call.Headers.Add("traceparent", $"00-{TraceId}-{ClientSpan}-01");

        using var answer = await server.Http.SendAsync(call);

        Assert.That(answer.IsSuccessStatusCode, Is.True);
        Assert.That(answer.Headers.Contains("traceparent"), Is.False);
    }

    [Test]
    public async Task Request_Traced_HasSpansFromTheGatewayDownToEachElement()
    {
        await using var receiver = await TraceReceiver.StartAsync();
        await using var server = await ServerProcess.StartAsync("-tp", "2", "-pp", "2", "--otlp-traces-endpoint", receiver.Address);
        using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { prompt = "Once upon a time", max_tokens = 4, temperature = 0, ignore_eos = true }) };
        call.Headers.Add("traceparent", $"00-{TraceId}-{ClientSpan}-01");

        using var answer = await server.Http.SendAsync(call);
        await server.SignalAsync("TERM");
        await server.EndAsync();

        var spans = receiver.Spans.ToList();
        Assert.That(spans.Select(span => span.TraceId), Has.All.EqualTo(TraceId));
        var request = spans.Single(span => span.ParentId == ClientSpan);
        Assert.That(answer.Headers.GetValues("traceparent").Single(), Is.EqualTo($"00-{TraceId}-{request.SpanId}-01"));
        Assert.That(request.Name, Is.EqualTo("completions furiosa-demo"));
        Assert.That((request.Tags["gen_ai.operation.name"], request.Tags["gen_ai.request.model"], request.Tags["gen_ai.usage.output_tokens"]), Is.EqualTo(("text_completion", "furiosa-demo", "4")));
        var replica = spans.Single(span => span.ParentId == request.SpanId);
        Assert.That(replica.Name, Is.EqualTo("replica 0"));
        var below = spans.Where(span => span.ParentId == replica.SpanId).ToList();
        Assert.That(below.Select(span => span.Name), Is.SupersetOf(new[] { "queue", "prefill", "decode", "stage 0", "stage 1" }));
        foreach (var (stage, pes) in new[] { ("stage 0", new[] { "pe npu:0:0", "pe npu:0:1" }), ("stage 1", ["pe npu:0:2", "pe npu:0:3"]) })
        {
            foreach (var one in below.Where(span => span.Name == stage))
                Assert.That(spans.Where(span => span.ParentId == one.SpanId).Select(span => span.Name), Is.EquivalentTo(pes));
        }
    }
}
