namespace Furiosa.Gateway.Cli;

/// <summary>The help of <c>furiosa-llm cluster</c>.</summary>
internal static class ClusterHelp
{
    public const string Text = """
        Look after a cluster.

        Usage:
          furiosa-llm cluster certificates [options] NODE...

        certificates makes the certificate authority of a cluster (ca.crt, ca.key) unless the directory holds one, and a certificate
        and key for each node named (NODE.crt, NODE.key). Each node is given ca.crt and its own two files; ca.key stays behind.

        Options of certificates:
          --directory DIRECTORY              Where they are written. (default: certificates)
          --days N                           How long the nodes' certificates are valid. (default: 825)

        """;
}
