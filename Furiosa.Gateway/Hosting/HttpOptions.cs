namespace Furiosa.Gateway.Hosting;

/// <summary>How the HTTP server listens and whom it answers.</summary>
internal sealed record HttpOptions
{
    public string Host { get; init; } = "0.0.0.0";

    /// <summary>0 lets the system choose.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Accepted bearer keys; empty for no check.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Origins that browsers may call from; <c>*</c> is any.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    /// <summary>Largest request body.</summary>
    public long MaxBodyBytes { get; init; } = 10 * 1024 * 1024;
}
