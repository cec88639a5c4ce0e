using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Furiosa.Gateway.LoadBench;

/// <summary>Sends one streamed request and times its events.</summary>
internal sealed class LoadClient : IDisposable
{
    private const int LongestError = 300;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private int _sent;
    private readonly LoadOptions _options;
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly long _began = Stopwatch.GetTimestamp();

    public LoadClient(LoadOptions options)
    {
        _options = options;
        Model = options.Model;
        _url = new Uri(options.BaseUrl, options.Endpoint);
        var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) };
        if (options.IsInsecure) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        _http = new HttpClient(handler) { Timeout = options.RequestTimeout };
        foreach (var (name, value) in options.Headers) _http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
    }

    /// <summary>The model that requests name: the one that was asked for, or else the first that the server says it has.</summary>
    public string Model { get; private set; }

    /// <summary>Seconds since this client was made.</summary>
    public double Now => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    public void Dispose() => _http.Dispose();

    /// <summary>Waits until somebody answers at all, if asked to, and learns which model there is.</summary>
    /// <exception cref="HttpRequestException">Nobody does.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(_options.BaseUrl, "/v1/models"), cancellation);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && Now < _options.ReadyTimeout.TotalSeconds)
                {
                    await Task.Delay(Interval, cancellation);
                    continue;
                }
                if (Model == LoadOptions.AnyModel && answer.IsSuccessStatusCode) Model = FirstOf(await answer.Content.ReadAsStringAsync(cancellation)) ?? Model;
                return;
            }
            catch (HttpRequestException fault) when (Now >= _options.ReadyTimeout.TotalSeconds)
            {
                throw new HttpRequestException($"No server answers at {_options.BaseUrl} ({fault.Message}): start one with 'furiosa-llm serve', or name another with --base-url, or --host and --port.", fault);
            }
            catch (HttpRequestException)
            {
                // It may be about to start.
            }
            await Task.Delay(Interval, cancellation);
        }
    }

    /// <summary>Sends a request and reads its answer to the end. A failure is a result with an error, not an exception.</summary>
    public async Task<LoadResult> SendAsync(LoadRequest request, CancellationToken cancellation)
    {
        var reading = new Reading(Now);
        string? error = null;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(Body(request)) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (_options.RequestIdPrefix is { } prefix) message.Headers.TryAddWithoutValidation("X-Request-Id", $"{prefix}{Interlocked.Increment(ref _sent) - 1}");
            using var answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!answer.IsSuccessStatusCode) error = $"HTTP {(int)answer.StatusCode}: {Shorten(await answer.Content.ReadAsStringAsync(cancellation))}";
            else error = await ReadAsync(await answer.Content.ReadAsStreamAsync(cancellation), reading, cancellation);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            error = Shorten(fault.Message);
        }
        return new LoadResult(reading.Sent, reading.First, Now, reading.Gaps, reading.InputTokens, reading.OutputTokens ?? reading.Events, error);
    }

    private async Task<string?> ReadAsync(Stream stream, Reading reading, CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
            var data = line.AsMemory(5).Trim();
            if (data.Span is "[DONE]") return null;
            using var json = JsonDocument.Parse(data);
            if (json.RootElement.TryGetProperty("error", out var error)) return Shorten(error.ToString());
            reading.Take(json.RootElement, Now);
        }
        return "The stream ended without [DONE].";
    }

    private byte[] Body(LoadRequest request)
    {
        var body = new JsonObject { ["model"] = Model, ["stream"] = true, ["stream_options"] = new JsonObject { ["include_usage"] = true } };
        if (_options.IsChat) body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = request.Prompt });
        else body["prompt"] = request.Prompt;
        body[_options.IsChat ? "max_completion_tokens" : "max_tokens"] = request.OutputTokens;
        if (_options.IgnoreEos) body["ignore_eos"] = true;
        foreach (var (name, value) in _options.ExtraBody) body[name] = value?.DeepClone();
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    // Whoever answers may list them in a way of its own; then the name that furiosa-llm takes for any is given.
    private static string? FirstOf(string models)
    {
        try
        {
            using var json = JsonDocument.Parse(models);
            return json.RootElement.GetProperty("data")[0].GetProperty("id").GetString();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static string Shorten(string text) => text.Length <= LongestError ? text : string.Concat(text.AsSpan(0, LongestError), "…");

    /// <summary>What has been read of one answer so far.</summary>
    private sealed class Reading(double sent)
    {
        private double _last;

        public double Sent { get; } = sent;

        public double? First { get; private set; }

        public List<double> Gaps { get; } = [];

        public int Events { get; private set; }

        public int InputTokens { get; private set; }

        public int? OutputTokens { get; private set; }

        public void Take(JsonElement chunk, double now)
        {
            if (chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
            {
                InputTokens = usage.GetProperty("prompt_tokens").GetInt32();
                OutputTokens = usage.GetProperty("completion_tokens").GetInt32();
            }
            if (!HasText(chunk)) return;
            Events++;
            if (First is null) First = now;
            else Gaps.Add(now - _last);
            _last = now;
        }

        // A chunk carries text, reasoning or a piece of a tool call; a chat's first chunk carries only the role.
        private static bool HasText(JsonElement chunk)
        {
            if (!chunk.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0) return false;
            var choice = choices[0];
            if (choice.TryGetProperty("text", out var text)) return text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0;
            if (!choice.TryGetProperty("delta", out var delta)) return false;
            return Filled(delta, "content") || Filled(delta, "reasoning") || Filled(delta, "reasoning_content") || delta.TryGetProperty("tool_calls", out _);
        }

        private static bool Filled(JsonElement delta, string name) =>
            delta.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0;
    }
}
