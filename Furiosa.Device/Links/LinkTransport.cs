using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Furiosa.Device.Links;

/// <summary>What is between a socket and its frames: mutual TLS, or nothing where both ends are on one machine.</summary>
internal static class LinkTransport
{
    // A name is asked for by TLS; what is checked is the authority.
    private const string ServerName = "furiosa";
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    public static async Task<Stream> AcceptAsync(Socket socket, ClusterCertificates? certificates, CancellationToken cancellation)
    {
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (certificates is null) return plain;
        var secured = new SslStream(plain);
        await secured.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(certificates.Node, null, offline: true),
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = certificates.Validation,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                EnabledSslProtocols = Protocols,
            },
            cancellation).ConfigureAwait(false);
        return secured;
    }

    public static async Task<Stream> OpenAsync(Socket socket, ClusterCertificates? certificates, CancellationToken cancellation)
    {
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (certificates is null) return plain;
        var secured = new SslStream(plain);
        await secured.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = ServerName,
                ClientCertificateContext = SslStreamCertificateContext.Create(certificates.Node, null, offline: true),
                RemoteCertificateValidationCallback = certificates.Validation,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                EnabledSslProtocols = Protocols,
            },
            cancellation).ConfigureAwait(false);
        return secured;
    }
}
