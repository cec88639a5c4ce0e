using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Furiosa.Gateway.Hub;

/// <summary>Speaks the hub's protocol. Redirects are followed here, so that the token goes to the hub and nowhere else.</summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 10;
    private const int Tries = 5;
    private const int ListTries = 3;
    private const int MostListBytes = 64 * 1024 * 1024;
    private const int MostFiles = 100_000;

    private readonly HubSettings _settings;
    private readonly HttpClient _http;

    public HubClient(HubSettings settings)
    {
        _settings = settings;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = settings.Patience, AutomaticDecompression = DecompressionMethods.None })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("furiosa-llm");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The commit that a revision is now, and the names of its files.</summary>
    /// <exception cref="HubException">The hub refuses or cannot be reached.</exception>
    public async Task<(string Commit, IReadOnlyList<string> Files)> ListAsync(HubModelName model, CancellationToken cancellation)
    {
        var address = new Uri(_settings.Endpoint, $"api/models/{model.Repository}/revision/{Uri.EscapeDataString(model.Revision)}");
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, address), model, null, cancellation, tries: ListTries);
        var body = await ReadBoundedAsync(response, cancellation);
        try
        {
            using var document = JsonDocument.Parse(body);
            var commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            var files = document.RootElement.GetProperty("siblings").EnumerateArray().Take(MostFiles).Select(file => file.GetProperty("rfilename").GetString() ?? "").Where(HubFiles.IsSafe).ToList();
            if (commit.Length is < 7 or > 64 || !commit.All(char.IsAsciiHexDigit)) throw new HubException($"{_settings.Endpoint} answers without a commit for {model.Repository}.");
            return (commit, files);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException($"{_settings.Endpoint} does not answer as a Hugging Face hub does; check HF_ENDPOINT.", error);
        }
    }

    /// <summary>What the hub says of a file.</summary>
    /// <exception cref="HubException">The hub refuses or cannot be reached.</exception>
    public async Task<HubFileInfo> DescribeAsync(HubModelName model, string commit, string name, CancellationToken cancellation)
    {
        var path = string.Join('/', name.Split('/').Select(Uri.EscapeDataString));
        var address = new Uri(_settings.Endpoint, $"{model.Repository}/resolve/{commit}/{path}");
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Head, address) { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("identity") } } }, model, name, cancellation, onlyOwnHost: true);
        var etag = (Header(response, "X-Linked-Etag") ?? response.Headers.ETag?.Tag ?? Header(response, "ETag"))?.Trim();
        etag = etag?.StartsWith("W/", StringComparison.Ordinal) == true ? etag[2..] : etag;
        etag = etag?.Trim('"');
        if (etag is null or "" || etag.Length > 128 || !etag.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
            throw new HubException($"{_settings.Endpoint} gives no checksum (ETag) for {name} of {model.Repository}.");
        var size = long.TryParse(Header(response, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var linked) ? linked
            : response.StatusCode == HttpStatusCode.OK ? response.Content.Headers.ContentLength : null;
        var target = response.Headers.Location is { } location ? new Uri(address, location) : response.RequestMessage!.RequestUri!;
        return new HubFileInfo(name, commit, etag, size, target);
    }

    /// <summary>Asks for a file's content from a position on, up to before another if it is given.</summary>
    /// <exception cref="HttpRequestException">The hub cannot be reached or has no answer now.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HubFileInfo file, long from, long? to, HubModelName model, CancellationToken cancellation)
    {
        return await SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, file.Address);
                if (from > 0 || to is not null) request.Headers.Range = new RangeHeaderValue(from, to - 1);
                return request;
            },
            model,
            file.Name,
            cancellation,
            tries: 1);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static async Task<byte[]> ReadBoundedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await response.Content.LoadIntoBufferAsync(MostListBytes, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make, HubModelName model, string? file, CancellationToken cancellation, bool onlyOwnHost = false, int tries = Tries)
    {
        var pause = _settings.Pause;
        for (var attempt = 1; ; attempt++, pause *= 2)
        {
            try
            {
                var response = await FollowAsync(make, onlyOwnHost, cancellation);
                if ((int)response.StatusCode is < 400 or 416) return response;
                var isPassing = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)response.StatusCode >= 500;
                if (!isPassing || attempt >= tries)
                {
                    using (response)
                    {
                        if (isPassing && tries == 1) throw new HttpRequestException($"the answer is {(int)response.StatusCode}");
                        throw HubRefusal.Explain(response, model, file, _settings);
                    }
                }
                if (response.Headers.RetryAfter?.Delta is { } asked && asked < TimeSpan.FromMinutes(2) && asked > pause) pause = asked;
                response.Dispose();
            }
            catch (Exception error) when (IsPassing(error, cancellation) && attempt < tries)
            {
                // Tried again below.
            }
            catch (Exception error) when (IsPassing(error, cancellation) && tries > 1)
            {
                throw new HubException($"{_settings.Endpoint} cannot be reached ({error.Message}); check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what was fetched before.", error);
            }
            await Task.Delay(pause, cancellation);
        }
    }

    /// <summary>Whether the network failed, so that another try may do better.</summary>
    public static bool IsPassing(Exception error, CancellationToken cancellation) =>
        error is HttpRequestException or IOException or TimeoutException || (error is OperationCanceledException && !cancellation.IsCancellationRequested);

    private async Task<HttpResponseMessage> FollowAsync(Func<HttpRequestMessage> make, bool onlyOwnHost, CancellationToken cancellation)
    {
        Uri? next = null;
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using var request = make();
            if (next is not null) request.RequestUri = next;
            if (_settings.Token is not null && IsHub(request.RequestUri!)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _settings.Token);
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).WaitAsync(_settings.Patience, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location) return response;
            next = new Uri(request.RequestUri!, location);
            if (next.Scheme is not ("http" or "https")) throw new HttpRequestException($"it redirects to {next.Scheme}:");
            // A description stands in the hub's own answer; the storage that it points to is asked for the content only.
            if (onlyOwnHost && !IsHub(next)) return response;
            response.Dispose();
        }
        throw new HttpRequestException($"it redirects more than {MostRedirects} times");
    }

    private bool IsHub(Uri address) => address.Scheme == _settings.Endpoint.Scheme && address.Host == _settings.Endpoint.Host && address.Port == _settings.Endpoint.Port;
}
