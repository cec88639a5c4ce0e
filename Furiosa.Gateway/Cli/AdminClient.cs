using System.Net.Http.Headers;
using System.Text.Json;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>Asks an admin listener, for commands that look after a server that runs.</summary>
internal static class AdminClient
{
    private const string NothingThere = "unknown_url";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>The body of what is answered.</summary>
    /// <param name="url">The listener, as <c>http://HOST:PORT</c>.</param>
    /// <param name="key">Its key; null for that of the environment, if there is one.</param>
    /// <param name="method">How it is asked.</param>
    /// <param name="path">For what.</param>
    /// <param name="remedy">The options that name another listener.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HttpRequestException">Nobody answers, or the answer is an error; the message says which and what to do.</exception>
    public static async Task<string> AskAsync(Uri url, string? key, HttpMethod method, string path, string remedy, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Patience };
        using var request = new HttpRequestMessage(method, new Uri(url, path));
        key ??= Environment.GetEnvironmentVariable(EnvironmentLayer.NameOf("furiosa.admin.key"));
        if (!string.IsNullOrEmpty(key)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var answer = await http.SendAsync(request, cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            if (answer.IsSuccessStatusCode) return body;
            var (message, code) = ErrorOf(body);
            throw new HttpRequestException(
                code == NothingThere || message is null ? $"What answers at {url} is no admin listener; {Where(remedy)}." : message, null, answer.StatusCode);
        }
        catch (HttpRequestException fault) when (fault.StatusCode is null)
        {
            throw new HttpRequestException($"No admin listener answers at {url} ({fault.Message}); {Where(remedy)}.", fault);
        }
        catch (TaskCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"The admin listener at {url} does not answer within {Patience.TotalSeconds:F0} s.", fault);
        }
    }

    private static string Where(string remedy) => $"a server prints the address of its own at the start: name it with {remedy}";

    private static (string? Message, string? Code) ErrorOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("error", out var error)
                ? (error.GetProperty("message").GetString(), error.TryGetProperty("code", out var code) ? code.GetString() : null)
                : (null, null);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, null);
        }
    }
}
