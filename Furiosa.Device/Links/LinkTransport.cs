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

    public static Task<Stream> AcceptAsync(Socket socket, ClusterCertificates? certificates, CancellationToken cancellation) =>
        SecureAsync(socket, certificates, (stream, own, validate) => stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = own,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = validate,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                EnabledSslProtocols = Protocols,
            },
            cancellation));

    public static Task<Stream> OpenAsync(Socket socket, ClusterCertificates? certificates, CancellationToken cancellation) =>
        SecureAsync(socket, certificates, (stream, own, validate) => stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = ServerName,
                ClientCertificateContext = own,
                RemoteCertificateValidationCallback = validate,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                EnabledSslProtocols = Protocols,
            },
            cancellation));

    private static async Task<Stream> SecureAsync(
        Socket socket, ClusterCertificates? certificates, Func<SslStream, SslStreamCertificateContext, RemoteCertificateValidationCallback, Task> authenticate)
    {
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (certificates is null) return plain;
        var secured = new SslStream(plain);
        string? refusal = null;
        try
        {
            await authenticate(secured, SslStreamCertificateContext.Create(certificates.Node, null, offline: true), Validate).ConfigureAwait(false);
            return secured;
        }
        catch (AuthenticationException error) when (refusal is not null)
        {
            throw new AuthenticationException($"Its certificate is not good in this cluster: {refusal}", error);
        }

        bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
            (refusal = certificates.Refusal(certificate is null ? null : certificate as X509Certificate2 ?? new X509Certificate2(certificate))) is null;
    }
}
