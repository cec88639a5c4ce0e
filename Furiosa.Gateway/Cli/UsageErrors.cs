using System.CommandLine;
using System.CommandLine.Parsing;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary>One line for whatever is wrong with the arguments, with what was probably meant and where the help is.</summary>
internal static class UsageErrors
{
    private const string NoOption = "There is no option";

    /// <summary>Has a command and those below it refuse what looks like an option where an argument may stand.</summary>
    public static void RefuseUnknownOptions(Command command)
    {
        foreach (var below in command.Subcommands) RefuseUnknownOptions(below);
        command.Validators.Add(result =>
        {
            foreach (var token in command.Arguments.SelectMany(argument => result.GetResult(argument)?.Tokens ?? []))
            {
                if (!LooksLikeOption(token.Value)) continue;
                var nearest = KnownKeys.Nearest(token.Value, [.. command.Options.SelectMany(option => option.Aliases.Prepend(option.Name))]);
                result.AddError($"{NoOption} '{token.Value}'{(nearest is null ? "" : $"; did you mean {nearest}?")}");
                return;
            }
        });
    }

    /// <summary>The line.</summary>
    public static string Describe(ParseResult parsed)
    {
        var result = parsed.CommandResult;
        var path = string.Join(' ', Path(result).Reverse());
        var problem = Problem(parsed, result.Command).TrimEnd('.');
        return $"furiosa-llm: {problem}{(problem.EndsWith('?') ? "" : ";")} '{path} --help' {(result.Command.Subcommands.Count > 0 ? "lists the commands" : "lists the options")}.";
    }

    private static string Problem(ParseResult parsed, Command command)
    {
        var commands = command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name).ToList();
        if (commands.Count > 0 && parsed.UnmatchedTokens is [var word, ..])
        {
            if (LooksLikeOption(word)) return $"{NoOption} '{word}'";
            return $"There is no command '{word}'{(KnownKeys.Nearest(word, commands) is { } nearest ? $"; did you mean '{nearest}'?" : "")}";
        }
        if (commands.Count > 0) return $"'{command.Name}' is followed by {string.Join(", ", commands[..^1])} or {commands[^1]}";
        // An unknown option's value comes first among the errors, though it is not what is wrong.
        var error = parsed.Errors.FirstOrDefault(one => one.Message.StartsWith(NoOption, StringComparison.Ordinal)) ?? parsed.Errors[0];
        return MissingArgument(error, command) ?? WrongValue(error) ?? string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string? MissingArgument(ParseError error, Command command)
    {
        if ((error.SymbolResult as CommandResult ?? error.SymbolResult?.Parent as CommandResult) is not { } result) return null;
        var missing = command.Arguments.Where(one => one.Arity.MinimumNumberOfValues > 0 && result.GetResult(one) is not { Tokens.Count: > 0 }).Select(one => one.Name).ToList();
        return missing.Count == 0 ? null : $"'{command.Name}' needs {string.Join(" and ", missing)}";
    }

    // The library would name the type as the compiler does.
    private static string? WrongValue(ParseError error)
    {
        if ((error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult) is not { Tokens: [var given, ..], Option: var option }) return null;
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        return type == typeof(int) || type == typeof(long) ? $"{option.Name} is '{given.Value}', which is no whole number"
            : type == typeof(double) ? $"{option.Name} is '{given.Value}', which is no number"
            : null;
    }

    private static IEnumerable<string> Path(SymbolResult result)
    {
        for (SymbolResult? one = result; one is not null; one = one.Parent)
        {
            if (one is CommandResult { Command: var command }) yield return command is RootCommand ? "furiosa-llm" : command.Name;
        }
    }

    // "-" is standard input, and a text may begin with a number below nothing.
    private static bool LooksLikeOption(string text) => text.Length > 1 && text[0] == '-' && (text[1] == '-' || char.IsAsciiLetter(text[1]));
}
