using System.CommandLine;

namespace Furiosa.Gateway.Cli;

/// <summary>
/// <c>furiosa-llm health</c>: whether the server of this machine is ready, as an exit code; for the health check of a container, whose
/// image need not have a web client.
/// </summary>
internal static class HealthCommand
{
    public const string Name = "health";

    private const string Path = "/health/ready";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static Command Create()
    {
        var command = new Command(Name, "Ask the server of this machine whether it is ready: exit code 0 if it is, else 1.");
        var url = new Option<string>("--url") { HelpName = "URL", DefaultValueFactory = _ => $"{LocalServer.AdminUrl}{Path}", Description = "What to ask; the admin listener is there in every role." };
        command.Options.Add(url);
        command.SetAction((parsed, cancellation) => AskAsync(parsed.GetValue(url)!, cancellation));
        command.Validators.Add(result =>
        {
            if (result.GetValue(url) is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
                result.AddError($"--url '{text}' is no address; give one as http://127.0.0.1:18000{Path}");
        });
        return command;
    }

    private static async Task<int> AskAsync(string url, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(url, cancellation);
            var text = await answer.Content.ReadAsStringAsync(cancellation);
            Console.Out.WriteLine(text);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            Console.Error.WriteLine($"furiosa-llm: {url} does not answer ({error.Message}): start a server with 'furiosa-llm serve', or name another with --url.");
            return 1;
        }
    }
}
