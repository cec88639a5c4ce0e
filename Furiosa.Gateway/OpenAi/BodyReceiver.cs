using System.Buffers;

namespace Furiosa.Gateway.OpenAi;

/// <summary>
/// Receives bodies, within bounds of size, of time, and of what all of them hold together. Kestrel's least rate is off: it is one of the
/// mean, so that behind some megabytes that came fast a body could stay open for hours, and its answer is none of ours. Thread-safe.
/// </summary>
/// <param name="maxBytes">Of one body.</param>
/// <param name="room">Of all bodies that are being received or wait to be parsed, without the first <see cref="Small"/> of each.</param>
/// <param name="clock">What time is measured by.</param>
internal sealed class BodyReceiver(long maxBytes, long room, TimeProvider clock)
{
    /// <summary>So many bytes need no room: ordinary requests are received whatever large ones do.</summary>
    public const int Small = 64 * 1024;

    // A line of 256 kbit/s is fast enough; the largest body that is accepted by default may take six minutes.
    private const int SlowestBytesPerSecond = 32 * 1024;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    // How much of a body that is refused is still read, so that the client can finish sending and read the answer.
    private const long MostDrained = 256L * 1024 * 1024;

    private long _held;

    /// <summary>What is held now, without the first bytes of each.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>The room that suits a largest body: memory takes up to twice that, since buffers double.</summary>
    public static long RoomFor(long maxBytes) => Math.Max(256L * 1024 * 1024, 4 * maxBytes);

    /// <summary>There is no room now.</summary>
    public static ApiError TooMany() => ApiError.Unavailable("The server is reading too many large requests; try again.", "overloaded");

    /// <summary>Receives the body of a call.</summary>
    /// <exception cref="ApiException">It is too large or too slow, or there is no room for it.</exception>
    public async Task<ReceivedBody> ReceiveAsync(HttpContext context)
    {
        var body = new ReceivedBody(this);
        try
        {
            await ReceiveAsync(context, body);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task ReceiveAsync(HttpContext context, ReceivedBody body)
    {
        if (context.Request.ContentLength > maxBytes) RefuseUnread(context);
        ApiError? refused = null;
        try
        {
            refused = await ReadAsync(context, body);
        }
        catch (IOException gone)
        {
            // The client went away or sent what is no HTTP: no defect of the server's.
            refused ??= new ApiError((gone as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest, gone.Message, ApiError.InvalidRequest);
        }
        if (refused is not null) throw new ApiException(refused);
    }

    /// <summary>Reads to the end, also what is refused.</summary>
    /// <param name="context">The call.</param>
    /// <param name="body">Takes it; null where it is refused already.</param>
    private async Task<ApiError?> ReadAsync(HttpContext context, ReceivedBody? body)
    {
        var (reader, began) = (context.Request.BodyReader, clock.GetTimestamp());
        using var late = new CancellationTokenSource(Grace, clock);
        // A token would leave the read pending, and with it Kestrel unable to drain the rest.
        using var waking = late.Token.Register(reader.CancelPendingRead);
        var refused = body is null ? TooLarge() : null;
        long total = 0;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            total += read.Buffer.Length;
            var left = Grace + TimeSpan.FromSeconds((double)Math.Min(total, maxBytes) / SlowestBytesPerSecond) - clock.GetElapsedTime(began);
            late.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            refused ??= total > maxBytes ? TooLarge() : body!.TryAdd(read.Buffer) ? null : TooMany();
            if (refused is not null) body?.Dispose();
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return refused;
            if (!read.IsCanceled && total <= MostDrained) continue;
            CloseAfterwards(context);
            return refused ?? TooSlow();
        }
    }

    // The length says it all: the answer goes out before the body comes. A client that waits to be told to go on is not; any other may send first
    // and read later, so that what it sends is taken.
    private void RefuseUnread(HttpContext context)
    {
        if (context.Request.Headers.Expect.Count > 0) CloseAfterwards(context);
        else context.Features.Set(new RefusedBody(() => ReadAsync(context, null)));
        throw new ApiException(TooLarge());
    }

    private static void CloseAfterwards(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && !context.Response.HasStarted) context.Response.Headers.Connection = "close";
    }

    private bool TryTake(long bytes)
    {
        if (bytes == 0 || Interlocked.Add(ref _held, bytes) <= room) return true;
        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    private ApiError TooLarge() => new(
        StatusCodes.Status413PayloadTooLarge, $"The request body is larger than the {maxBytes} bytes that this server accepts.", ApiError.InvalidRequest, Code: "request_too_large");

    private static ApiError TooSlow() => new(
        StatusCodes.Status408RequestTimeout,
        $"The request body came too slowly: it may take {Grace.TotalSeconds} s, and a second more for each {SlowestBytesPerSecond} bytes.", ApiError.InvalidRequest, Code: "request_too_slow");

    /// <summary>A body that has come. Gives its room back when disposed, and may not be used any more.</summary>
    internal sealed class ReceivedBody(BodyReceiver receiver) : IDisposable
    {
        private ArrayBufferWriter<byte> _buffer = new();
        private long _taken;

        public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

        /// <summary>Adds to it where there is room.</summary>
        public bool TryAdd(ReadOnlySequence<byte> bytes)
        {
            var more = Math.Max(0, _buffer.WrittenCount + bytes.Length - Small) - _taken;
            if (!receiver.TryTake(more)) return false;
            _taken += more;
            foreach (var segment in bytes) _buffer.Write(segment.Span);
            return true;
        }

        public void Dispose()
        {
            Interlocked.Add(ref receiver._held, -_taken);
            (_buffer, _taken) = (new ArrayBufferWriter<byte>(), 0);
        }
    }
}
