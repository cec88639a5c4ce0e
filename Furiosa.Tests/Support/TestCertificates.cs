using Furiosa.Device.Links;
using Furiosa.Gateway.Cluster;

namespace Furiosa.Tests.Support;

/// <summary>A certificate authority for one test, deleted at its end.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<ClusterCertificates> _issued = [];

    /// <summary>Issues for a node that may have lived in another time.</summary>
    public ClusterCertificates Issue(string node, DateTimeOffset? now = null, int days = 2)
    {
        var (authority, certificate, key) = Files(node, now, days);
        var issued = ClusterCertificates.Load(authority, certificate, key);
        _issued.Add(issued);
        return issued;
    }

    public (string Authority, string Certificate, string Key) Files(string node, DateTimeOffset? now = null, int days = 2)
    {
        var issuer = new CertificateIssuer(_directory.Path, now ?? DateTimeOffset.UtcNow);
        issuer.EnsureAuthority();
        issuer.Issue(node, days);
        var files = issuer.FilesOf(node);
        return (issuer.AuthorityFile, files.Certificate, files.Key);
    }

    public void Dispose()
    {
        foreach (var certificates in _issued) certificates.Dispose();
        _directory.Dispose();
    }
}
