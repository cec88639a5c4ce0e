using System.Text;
using Furiosa.Gateway.Hosting;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Reads the bodies of requests, and bounds how many bytes of them are parsed at once: a parsed body takes up to a hundred times its
/// size until the request is made of it. Those that are received and wait for that are bounded apart, for a slow client must not keep
/// others from being read.
/// </summary>
internal sealed partial class RequestBodies(HttpOptions options, TimeProvider clock, ILoggerFactory loggers)
{
    private const int LongestLogged = 64 * 1024;
    private const long MostParsedBytes = 16L * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ILogger _payloads = loggers.CreateLogger("payloads");
    private readonly BodyReceiver _receiver = new(options.MaxBodyBytes, BodyReceiver.RoomFor(options.MaxBodyBytes), clock);
    private readonly ByteBudget _budget = new(Math.Max(MostParsedBytes, options.MaxBodyBytes), clock);

    /// <summary>Whose turn it is to compile a grammar; who fetches, or makes a request without a body, takes it apart.</summary>
    public GrammarTurns Grammars { get; } = new(GrammarTurns.HalfOfTheCores);

    /// <summary>Makes a request of a body. The fields may not be used once it is made.</summary>
    /// <param name="context">The call.</param>
    /// <param name="make">Makes it.</param>
    /// <exception cref="ApiException">The body is no JSON object, the request is wrong, or too many others are being read.</exception>
    public Task<T> ReadAsync<T>(HttpContext context, Func<BodyFields, T> make) => ReadAndFetchAsync(context, async fields =>
    {
        using var turn = await Grammars.TakeAsync(fields, context.RequestAborted);
        return make(fields);
    });

    /// <summary>Makes a request of a body and of what it names elsewhere. The fields may not be used once it is made.</summary>
    /// <param name="context">The call.</param>
    /// <param name="make">Makes it.</param>
    /// <exception cref="ApiException">The body is no JSON object, the request is wrong, or too many others are being read.</exception>
    public async Task<T> ReadAndFetchAsync<T>(HttpContext context, Func<BodyFields, Task<T>> make)
    {
        JsonBodyReader.CheckHeaders(context);
        using var received = await _receiver.ReceiveAsync(context);
        var body = received.Bytes;
        using var share = await _budget.TakeAsync(body.Length, Patience, context.RequestAborted)
            ?? throw new ApiException(BodyReceiver.TooMany());
        if (options.LogPayloads) LogPayload(_payloads, context.TraceIdentifier, Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, LongestLogged)]));
        return await make(JsonBodyReader.Parse(body));
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "request_id={RequestId} payload={Payload}")]
    private static partial void LogPayload(ILogger log, string requestId, string payload);
}
