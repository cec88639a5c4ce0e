namespace Furiosa.Gateway.Cli;

/// <summary>The help of <c>furiosa-llm cluster</c>.</summary>
internal static class ClusterHelp
{
    public const string Text = """
        Look after a cluster.

        Usage:
          furiosa-llm cluster status [options]
          furiosa-llm cluster drain|undrain [options] NODE
          furiosa-llm cluster certificates [options] NODE...

        status shows nodes, replicas and why they are where they are. drain lets a
        device node give its work away, exactly, and take none; undrain lets it take
        work again. Both ask the admin listener of any node of the cluster.

        Options of status, drain and undrain:
          --admin-host ADDRESS      Where the admin listener is. (default: 127.0.0.1)
          --admin-port N            Its port. (default: FURIOSA_ADMIN__PORT, else 18000)
          --admin-key KEY           Its key, where it has one.
                                    (default: FURIOSA_ADMIN__KEY)
          --json                    Print JSON (status only).

        certificates makes the certificate authority of a cluster (ca.crt, ca.key)
        unless the directory holds one, and a certificate and key for each node named
        (NODE.crt, NODE.key). Each node is given ca.crt and its own two files; ca.key
        stays behind.

        Options of certificates:
          --directory DIRECTORY     Where they are written. (default: certificates)
          --days N                  How long the nodes' certificates are valid.
                                    (default: 825)

        """;
}
