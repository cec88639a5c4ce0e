namespace Furiosa.Actors.Hosting;

/// <summary>Lets the gateways of a cluster ask each other for what only one of them has.</summary>
public interface IGatewayExchange
{
    /// <summary>Largest answer that one gateway gives another, in bytes.</summary>
    const int MostAnswerBytes = 16 * 1024 * 1024;

    /// <summary>How long a gateway waits for another's answer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The name of this gateway's process, in lower-case letters and digits; a restarted one has another.</summary>
    string Name { get; }

    /// <summary>Says how other gateways' questions are answered.</summary>
    void Answer(Func<ReadOnlyMemory<byte>, Task<byte[]>> answer);

    /// <summary>Asks another gateway.</summary>
    /// <param name="gateway">Its name.</param>
    /// <param name="question">What only it knows.</param>
    /// <returns>The answer; null where there is no such gateway (any more).</returns>
    /// <exception cref="TimeoutException">It is there, but has not answered: it, or this one, has too much to do.</exception>
    Task<byte[]?> AskAsync(string gateway, byte[] question);
}
