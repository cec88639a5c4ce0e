using System.CommandLine;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm cluster</c>: what an admin does with a cluster.</summary>
internal static class ClusterCommand
{
    public const string Name = "cluster";

    public static Command Create()
    {
        var command = new Command(Name, "Look after a cluster.");
        command.Subcommands.Add(ClusterAdminCommand.CreateStatus());
        command.Subcommands.Add(ClusterAdminCommand.CreateDrain());
        command.Subcommands.Add(ClusterAdminCommand.CreateUndrain());
        command.Subcommands.Add(CertificatesCommand.Create());
        return command;
    }
}
