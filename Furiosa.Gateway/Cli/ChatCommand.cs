using System.CommandLine;
using Furiosa.Gateway.Chat;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm chat</c>: a conversation in the terminal with a server that runs.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    public static Command Create()
    {
        var question = new Argument<string?>("QUESTION") { Arity = ArgumentArity.ZeroOrOne, Description = "Asked alone, without a conversation. (default: a conversation, or each line of a pipe)" };
        var url = new Option<string?>("--url") { HelpName = "URL", Description = $"The server. (default: {LocalServer.Url})" };
        var start = new Option<bool>("--start") { Description = "Start a server for this conversation alone, instead of asking one that runs." };
        var model = new Option<string?>("--model") { HelpName = "NAME", Description = "Name of the model that requests give; with --start the model itself, as 'serve' takes it. (default: the server's)" };
        var key = new Option<string?>("--api-key") { HelpName = "KEY", Description = "Key to send. (default: OPENAI_API_KEY)" };
        var system = new Option<string?>("--system") { HelpName = "TEXT", Description = "The system's message." };
        var temperature = new Option<double?>("--temperature") { HelpName = "T", Description = "How freely tokens are drawn; 0 takes the likeliest. (default: the model's)" };
        var topP = new Option<double?>("--top-p") { HelpName = "P", Description = "Draw from the likeliest tokens that have this probability together. (default: the model's)" };
        var tokens = new Option<int?>("--max-tokens") { HelpName = "N", Description = "Most tokens of an answer." };
        var seed = new Option<long?>("--seed") { HelpName = "N", Description = "The same seed gives the same answer." };
        var extra = new Option<string?>("--extra-body") { HelpName = "JSON", Description = "JSON object with further members of each request." };
        var command = new Command(Name, "Talk with a server, in the terminal or through a pipe.") { question, url, start, model, key, system, temperature, topP, tokens, seed, extra };
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            if (parsed.GetValue(start) && parsed.GetValue(url) is not null) throw new FormatException("--start and --url exclude each other.");
            if (!ServerAddress.TryParse(parsed.GetValue(url) ?? LocalServer.Url, out var address)) throw new FormatException($"--url {parsed.GetValue(url)}: write http://HOST:PORT.");
            var alone = parsed.GetValue(question);
            if (alone is not null && string.IsNullOrWhiteSpace(alone)) throw new FormatException("The question is empty: leave it out for a conversation.");
            var parameters = parsed.GetValue(extra) is { } text ? ExtraBody.Parse(text) : [];
            if (parsed.GetValue(temperature) is { } heat) parameters["temperature"] = heat;
            if (parsed.GetValue(topP) is { } part) parameters["top_p"] = part;
            if (parsed.GetValue(tokens) is { } most) parameters["max_completion_tokens"] = most;
            if (parsed.GetValue(seed) is { } number) parameters["seed"] = number;

            await using var own = parsed.GetValue(start) ? await OwnServer.StartAsync(parsed.GetValue(model), [], cancellation) : null;
            using var http = new HttpClient { BaseAddress = own is null ? address : new Uri(own.Address), Timeout = Timeout.InfiniteTimeSpan };
            if ((parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPENAI_API_KEY")) is { Length: > 0 } secret) http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
            var name = own is null ? parsed.GetValue(model) : null;
            var conversation = new ChatConversation(http, name ?? LoadBench.LoadOptions.AnyModel, parameters, parsed.GetValue(system));
            using var breaker = alone is null && !Console.IsInputRedirected && !Console.IsOutputRedirected ? new AnswerBreaker() : null;
            var chat = new TerminalChat(conversation, breaker is null ? _ => Console.In.ReadLine() : TerminalLines.Reader(Console.In, Console.Out), Console.Out, CommandGuard.Complain) { IsColored = StartupConsole.IsRich(), Breaker = breaker };
            return alone is null ? await chat.RunAsync() : await chat.AskAsync(alone);
        }));
        return command;
    }
}
