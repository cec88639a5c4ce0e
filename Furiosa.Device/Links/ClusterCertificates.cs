using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Furiosa.Device.Links;

/// <summary>
/// A node's certificate with its key, and the certificate authority of its cluster. Whoever holds a certificate of that authority is of
/// the cluster; names in certificates are not looked at, since addresses of nodes change.
/// </summary>
public sealed class ClusterCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;

    private ClusterCertificates(X509Certificate2 authority, X509Certificate2 node) => (_authority, Node) = (authority, node);

    /// <summary>This node's certificate, with its private key.</summary>
    public X509Certificate2 Node { get; }

    /// <summary>Reads PEM files.</summary>
    /// <param name="authorityFile">The cluster authority's certificate.</param>
    /// <param name="certificateFile">The node's certificate.</param>
    /// <param name="keyFile">The node's private key, not encrypted.</param>
    /// <exception cref="InvalidDataException">A file cannot be used, or they do not belong together; one line says which and why.</exception>
    public static ClusterCertificates Load(string authorityFile, string certificateFile, string keyFile)
    {
        var certificates = Read(authorityFile, certificateFile, keyFile);
        if (certificates.Refusal(certificates.Node) is not { } reason) return certificates;
        certificates.Dispose();
        throw new InvalidDataException($"The certificate {certificateFile} cannot be used with the authority {authorityFile}: {reason}");
    }

    /// <summary>The same, whether they belong together or not.</summary>
    internal static ClusterCertificates Read(string authorityFile, string certificateFile, string keyFile) => new(
        Read(authorityFile, () => X509Certificate2.CreateFromPem(File.ReadAllText(authorityFile))),
        Read(certificateFile, () => WithKey(certificateFile, keyFile)));

    /// <summary>Why a certificate is none of this cluster's, or not valid now; null where it is.</summary>
    public string? Refusal(X509Certificate2? certificate)
    {
        if (certificate is null) return "there is none";
        if (certificate.NotAfter < DateTime.Now) return $"it ended at {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC";
        if (certificate.NotBefore > DateTime.Now) return $"it begins at {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC: is the clock right?";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate) ? null : string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Node.Dispose();
        _authority.Dispose();
    }

    private static X509Certificate2 WithKey(string certificateFile, string keyFile)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        // Some platforms' TLS takes no key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 Read(string file, Func<X509Certificate2> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"The certificate {file} cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
