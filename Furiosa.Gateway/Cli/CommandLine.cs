using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Furiosa.Gateway.Configuration;
using Furiosa.Gateway.Health;

namespace Furiosa.Gateway.Cli;

/// <summary>The program <c>furiosa-llm</c>: its sub-commands, and one line for whatever is wrong with its arguments.</summary>
internal static class CommandLine
{
    /// <summary>Columns of every page of help: terminals have them, and so have pages that quote it.</summary>
    public const int HelpWidth = 80;

    public static Task<int> RunAsync(string[] args)
    {
        var root = Create();
        var parsed = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            if (args.Length == 0)
            {
                Console.Out.Write(HelpText.Root);
                return Task.FromResult(0);
            }
            Console.Error.WriteLine(UsageErrors.Describe(parsed));
            return Task.FromResult(ConfigurationException.BadUsage);
        }
        // Signals are handled by the server itself, which drains.
        return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The whole tree of commands.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Serves large language models with an OpenAI-compatible API.");
        foreach (var option in root.Options)
        {
            if (option is HelpOption help)
            {
                help.Description = "Show this.";
                foreach (var alias in new[] { "-?", "/?", "/h" }) help.Aliases.Remove(alias);
                help.Action = new PrintHelp(new HelpAction { MaxWidth = HelpWidth });
            }
            if (option is VersionOption version) version.Action = new PrintVersion();
        }
        var versionCommand = new Command("version", "Print the version.");
        versionCommand.SetAction(_ => Console.Out.WriteLine(VersionEndpoint.Version));
        root.Subcommands.Add(ServeCommand.Create());
        root.Subcommands.Add(RenderCommand.Create());
        root.Subcommands.Add(TokenizeCommand.Create());
        root.Subcommands.Add(InspectCommand.Create());
        root.Subcommands.Add(BuildCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());
        root.Subcommands.Add(ClusterCommand.Create());
        root.Subcommands.Add(ChatCommand.Create());
        root.Subcommands.Add(DevicesCommand.Create());
        root.Subcommands.Add(CollectEnvCommand.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        root.Subcommands.Add(HealthCommand.Create());
        root.Subcommands.Add(ConfigCommand.Create());
        root.Subcommands.Add(versionCommand);
        UsageErrors.RefuseUnknownOptions(root);
        return root;
    }

    /// <param name="plain">Describes a command by its options' own descriptions.</param>
    private sealed class PrintHelp(SynchronousCommandLineAction plain) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var command = parseResult.CommandResult;
            if (PageOf(command.Command.Name, (command.Parent as CommandResult)?.Command.Name) is not { } page) return plain.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.Write(page);
            return 0;
        }

        // One 'serve' starts a server, the other loads one.
        private static string? PageOf(string command, string? parent) => parent switch
        {
            null => HelpText.Root,
            BenchCommand.Name => command is "engine" or "kernels" ? BenchHelp.Text : null,
            ClusterCommand.Name => ClusterHelp.Text,
            ConfigCommand.Name => HelpText.Config,
            _ => command switch
            {
                ServeCommand.Name => ServeHelp.Text,
                RenderCommand.Name => TextHelp.Render,
                TokenizeCommand.Name => TextHelp.Tokenize,
                InspectCommand.Name => ModelHelp.Inspect,
                BuildCommand.Name => ModelHelp.Build,
                ConfigCommand.Name => HelpText.Config,
                BenchCommand.Name => BenchHelp.Text,
                ClusterCommand.Name => ClusterHelp.Text,
                _ => null,
            },
        };
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Console.Out.WriteLine(VersionEndpoint.Version);
            return 0;
        }
    }
}
