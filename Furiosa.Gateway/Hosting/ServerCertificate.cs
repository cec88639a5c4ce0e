using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Furiosa.Gateway.Configuration;

namespace Furiosa.Gateway.Hosting;

/// <summary>
/// The server's certificate out of PEM files. Files that have changed are read again at the next handshake; while they do not fit
/// together (one of the two is being replaced) the certificate before goes on. Thread-safe.
/// </summary>
internal sealed class ServerCertificate
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private readonly HttpOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _current;
    private string _stamp;
    private long _checked;

    private ServerCertificate(HttpOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        (_stamp, _checked) = (Stamp(), clock.GetTimestamp());
        _current = Read();
    }

    /// <summary>The certificate as its files have it now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_clock.GetElapsedTime(_checked) >= CheckEvery) Refresh();
                return _current;
            }
        }
    }

    /// <exception cref="ConfigurationException">The files cannot be used.</exception>
    public static ServerCertificate Load(HttpOptions options, TimeProvider clock)
    {
        try
        {
            return new ServerCertificate(options, clock);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            throw new ConfigurationException(
                $"The certificate in {options.CertificateFile} with the key in {options.KeyFile ?? options.CertificateFile} cannot be used: {error.Message} "
                + "Give PEM files that belong together with --ssl-certfile and --ssl-keyfile.");
        }
    }

    private void Refresh()
    {
        _checked = _clock.GetTimestamp();
        try
        {
            var stamp = Stamp();
            if (stamp == _stamp) return;
            _current = Read();
            _stamp = stamp;
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            // Half replaced: they are looked at again.
        }
    }

    private SslStreamCertificateContext Read()
    {
        var (certificate, key) = (_options.CertificateFile!, _options.KeyFile ?? _options.CertificateFile);
        var own = _options.KeyPassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(certificate, password, key)
            : X509Certificate2.CreateFromPemFile(certificate, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    private string Stamp() => Stamp(_options.CertificateFile!) + Stamp(_options.KeyFile ?? _options.CertificateFile!);

    // Links are followed: what renews certificates often turns a link.
    private static string Stamp(string path)
    {
        var file = new FileInfo(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
        return $"{file.FullName} {file.LastWriteTimeUtc.Ticks} {(file.Exists ? file.Length : -1)};";
    }

    private static bool IsOfFiles(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
