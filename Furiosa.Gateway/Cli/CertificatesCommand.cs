using System.CommandLine;
using System.Text.RegularExpressions;
using Furiosa.Gateway.Cluster;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm cluster certificates</c>: makes the certificates that the nodes of a cluster know each other by.</summary>
internal static partial class CertificatesCommand
{
    public const string Name = "certificates";

    private const int MostDays = 3650;

    public static Command Create()
    {
        var directory = new Option<string>("--directory") { DefaultValueFactory = _ => "certificates" };
        var days = new Option<int>("--days") { DefaultValueFactory = _ => 825 };
        var nodes = new Argument<string[]>("NODE") { Arity = ArgumentArity.OneOrMore };
        var command = new Command(Name, "Make a cluster's certificates.") { directory, days, nodes };
        command.SetAction((parsed, _) => CommandGuard.RunAsync(() => Task.FromResult(Run(parsed.GetValue(directory)!, parsed.GetValue(days), parsed.GetValue(nodes)!))));
        return command;
    }

    private static int Run(string directory, int days, string[] nodes)
    {
        if (days is < 1 or > MostDays) throw new ConfigurationException($"--days is {days}: give 1 to {MostDays}.");
        if (nodes.FirstOrDefault(node => !NodeName().IsMatch(node) || node.Equals("ca", StringComparison.OrdinalIgnoreCase)) is { } wrong)
            throw new ConfigurationException($"'{wrong}' is no name for a node: use letters, digits, dots and dashes, not 'ca'.");
        var issuer = new CertificateIssuer(directory, DateTimeOffset.UtcNow);
        var isNew = issuer.EnsureAuthority();
        Console.Out.WriteLine($"{issuer.AuthorityFile}: the cluster's authority, {(isNew ? "made now; ca.key signs new nodes and belongs on none of them" : "as it was")}");
        foreach (var node in nodes.Distinct())
        {
            issuer.Issue(node, days);
            Console.Out.WriteLine($"{issuer.FilesOf(node).Certificate}, {Path.GetFileName(issuer.FilesOf(node).Key)}: node {node}, valid for {days} days");
        }
        return 0;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9.\-]{0,62}\z")]
    private static partial Regex NodeName();
}
