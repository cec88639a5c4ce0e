using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Hosting;

/// <summary>HTTPS of the real server.</summary>
[TestFixture]
public sealed class TlsTests
{
    private TemporaryDirectory _folder = null!;
    private TestServer _server = null!;

    private string CertificateFile => Path.Combine(_folder.Path, "server.pem");

    private string KeyFile => Path.Combine(_folder.Path, "server.key");

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryDirectory();
        WriteCertificate("first");
        (_server, _) = await TestServer.ScriptAsync(
            (request, _, _) => ScriptedRuntime.Say("hello", request),
            $$"""furiosa.http.tls { certificate-file = "{{CertificateFile}}", key-file = "{{KeyFile}}" }""");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task Stream_OverTls_ComesByEitherVersion(string version)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("""{"prompt": "a", "stream": true}""", System.Text.Encoding.UTF8, "application/json"),
        };

        using var response = await client.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Version, Is.EqualTo(Version.Parse(version)));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.EndWith("data: [DONE]\n\n"));
        Assert.That(_server.Address.Scheme, Is.EqualTo("https"));
    }

    [Test]
    public async Task Certificate_Replaced_IsServedWithoutARestart()
    {
        WriteCertificate("second");
        await Eventually.IsTrueAsync(async () => await SubjectAsync() == "CN=second", "the new certificate");

        await File.WriteAllTextAsync(KeyFile, "half written");
        Assert.That(await SubjectAsync(), Is.EqualTo("CN=second"), "files that do not fit together change nothing");

        WriteCertificate("first");
        await Eventually.IsTrueAsync(async () => await SubjectAsync() == "CN=first", "the first certificate");
    }

    private async Task<string> SubjectAsync()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_server.Address.Host, _server.Address.Port);
        await using var tls = new SslStream(socket.GetStream(), false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        return tls.RemoteCertificate!.Subject;
    }

    // Whatever certificate is shown: it is the test's own.
    private HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    }) { BaseAddress = _server.Address };

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
