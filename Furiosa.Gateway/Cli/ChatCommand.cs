using System.CommandLine;
using System.Text.Json.Nodes;
using Furiosa.Gateway.Chat;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm chat</c>: a conversation in the terminal with a server that runs.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    public static Command Create()
    {
        var question = new Argument<string?>("QUESTION") { Arity = ArgumentArity.ZeroOrOne, Description = "Asked alone, without a conversation. (default: a conversation, or each line of a pipe)" };
        var url = new Option<string>("--url") { HelpName = "URL", DefaultValueFactory = _ => LocalServer.Url, Description = "The server." };
        var model = new Option<string>("--model") { HelpName = "NAME", DefaultValueFactory = _ => "EMPTY", Description = "Name of the model that requests give." };
        var key = new Option<string?>("--api-key") { HelpName = "KEY", Description = "Key to send. (default: OPENAI_API_KEY)" };
        var system = new Option<string?>("--system") { HelpName = "TEXT", Description = "The system's message." };
        var temperature = new Option<double?>("--temperature") { HelpName = "T", Description = "How freely tokens are drawn; 0 takes the likeliest. (default: the model's)" };
        var topP = new Option<double?>("--top-p") { HelpName = "P", Description = "Draw from the likeliest tokens that have this probability together. (default: the model's)" };
        var tokens = new Option<int?>("--max-tokens") { HelpName = "N", Description = "Most tokens of an answer." };
        var seed = new Option<long?>("--seed") { HelpName = "N", Description = "The same seed gives the same answer." };
        var extra = new Option<string?>("--extra-body") { HelpName = "JSON", Description = "JSON object with further members of each request." };
        var command = new Command(Name, "Talk with a server that runs.") { question, url, model, key, system, temperature, topP, tokens, seed, extra };
        command.SetAction((parsed, cancellation) => BenchServeCommand.GuardAsync(async () =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url)!.TrimEnd('/') + "/", UriKind.Absolute, out var address)) throw new FormatException($"--url {parsed.GetValue(url)}: write http://HOST:PORT.");
            var parameters = parsed.GetValue(extra) is not { } text ? [] : JsonNode.Parse(text) as JsonObject ?? throw new FormatException("--extra-body is no JSON object.");
            if (parsed.GetValue(temperature) is { } heat) parameters["temperature"] = heat;
            if (parsed.GetValue(topP) is { } part) parameters["top_p"] = part;
            if (parsed.GetValue(tokens) is { } most) parameters["max_completion_tokens"] = most;
            if (parsed.GetValue(seed) is { } number) parameters["seed"] = number;
            using var http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
            if ((parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPENAI_API_KEY")) is { Length: > 0 } secret) http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
            var conversation = new ChatConversation(http, parsed.GetValue(model)!, parameters, parsed.GetValue(system));
            var alone = parsed.GetValue(question);
            var isInteractive = alone is null && !Console.IsInputRedirected;
            using var input = alone is null ? Console.In : new StringReader(alone.ReplaceLineEndings(" "));
            using var signals = new AnswerBreaker();
            return await new TerminalChat(conversation, input, Console.Out, isInteractive, StartupConsole.IsRich()).RunAsync(signals.Next);
        }));
        return command;
    }

    /// <summary>Ctrl-C ends the answer that is being written; while none is, the program.</summary>
    private sealed class AnswerBreaker : IDisposable
    {
        private CancellationTokenSource? _answer;

        public AnswerBreaker() => Console.CancelKeyPress += OnPress;

        public CancellationToken Next() => (_answer = new CancellationTokenSource()).Token;

        public void Dispose() => Console.CancelKeyPress -= OnPress;

        private void OnPress(object? sender, ConsoleCancelEventArgs press)
        {
            if (Interlocked.Exchange(ref _answer, null) is not { } running) return;
            press.Cancel = true;
            running.Cancel();
        }
    }
}
