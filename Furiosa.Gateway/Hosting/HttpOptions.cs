using Furiosa.Gateway.OpenAi.Responses;

namespace Furiosa.Gateway.Hosting;

/// <summary>How the HTTP server listens and whom it answers.</summary>
internal sealed record HttpOptions
{
    public string Host { get; init; } = "0.0.0.0";

    /// <summary>0 lets the system choose.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Origins that browsers may call from; <c>*</c> is any.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    /// <summary>A stream that is silent for so long is sent a comment.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>PEM file of the certificate and those that vouch for it; null for HTTP in clear.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key; null where the certificate's file holds it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Opens the key's file; null where it is not encrypted.</summary>
    public string? KeyPassword { get; init; }

    /// <summary>How <c>/v1/responses</c> keeps what it made.</summary>
    public ResponseStoreOptions Responses { get; init; } = new();

    /// <summary>Whether bodies are logged.</summary>
    public bool LogPayloads { get; init; }

    /// <summary>Largest request body.</summary>
    public long MaxBodyBytes { get; init; } = 10 * 1024 * 1024;
}
