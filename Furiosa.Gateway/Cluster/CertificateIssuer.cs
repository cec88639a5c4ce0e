using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Furiosa.Gateway.Cluster;

/// <summary>
/// Makes a cluster's certificate authority and the certificates of its nodes, as PEM files in one directory: <c>ca.crt</c>, <c>ca.key</c>,
/// and <c>NODE.crt</c>, <c>NODE.key</c>. An authority that is there is used again, so that nodes can be added and renewed.
/// </summary>
internal sealed class CertificateIssuer(string directory, DateTimeOffset now)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int AuthorityDays = 3650;

    // Clocks of nodes differ a little.
    private readonly DateTimeOffset _from = now.AddHours(-1);

    /// <summary>The authority's certificate file.</summary>
    public string AuthorityFile => Path.Combine(directory, "ca.crt");

    private string AuthorityKeyFile => Path.Combine(directory, "ca.key");

    /// <summary>Where a node's certificate and key are written.</summary>
    public (string Certificate, string Key) FilesOf(string node) => (Path.Combine(directory, node + ".crt"), Path.Combine(directory, node + ".key"));

    /// <summary>Makes the authority unless it is there.</summary>
    /// <returns>Whether it was made.</returns>
    public bool EnsureAuthority()
    {
        Directory.CreateDirectory(directory);
        if (File.Exists(AuthorityFile) != File.Exists(AuthorityKeyFile))
            throw new InvalidDataException($"{directory} holds only one of ca.crt and ca.key: put the other back, or remove it to begin a new cluster.");
        if (File.Exists(AuthorityFile)) return false;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Furiosa cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var authority = request.CreateSelfSigned(_from, now.AddDays(AuthorityDays));
        WriteSecret(AuthorityKeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem() + "\n");
        return true;
    }

    /// <summary>Makes, or makes anew, a node's key and certificate.</summary>
    /// <param name="node">The node's name or address; names the files.</param>
    /// <param name="days">How long it is valid; not longer than the authority.</param>
    public void Issue(string node, int days)
    {
        using var authority = Authority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUse), new Oid(ClientUse)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(AlternativeName(node));
        var until = now.AddDays(days);
        if (until > authority.NotAfter) until = authority.NotAfter;
        using var certificate = request.Create(authority, _from, until, RandomNumberGenerator.GetBytes(16));
        var files = FilesOf(node);
        WriteSecret(files.Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem() + "\n");
    }

    private X509Certificate2 Authority()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(AuthorityFile, AuthorityKeyFile);
        }
        catch (CryptographicException error)
        {
            throw new InvalidDataException($"{AuthorityFile} and ca.key are not a certificate authority's: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static X509Extension AlternativeName(string node)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(node, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(node);
        return names.Build();
    }

    private static void WriteSecret(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(file);
        using var writer = new StreamWriter(file, options);
        writer.Write(text + "\n");
    }
}
