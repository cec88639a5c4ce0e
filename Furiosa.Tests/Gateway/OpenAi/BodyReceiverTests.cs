using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Bodies that come slowly, or many at once, over real connections: neither time nor memory is theirs for as long as they like.</summary>
[TestFixture]
public sealed class BodyReceiverTests
{
    private const int Largest = 2_000_000;
    private const int Room = 2_500_000;
    private const int Part = 1_000_000;

    private readonly TimerClock _clock = new();
    private readonly ComplaintLog _log = new();
    private readonly List<TcpClient> _clients = [];
    private BodyReceiver _receiver = null!;
    private WebApplication _app = null!;
    private Uri _address = null!;
    private ApiError? _refused;

    [SetUp]
    public async Task StartAsync()
    {
        (_receiver, _refused) = (new BodyReceiver(Largest, Room, _clock), null);
        _app = await HttpListening.StartAsync(ListenAddress.ForClients(new HttpOptions { Host = "127.0.0.1", Port = 0 }), _log, _ => { }, app =>
        {
            app.Use(Errors.InvokeAsync);
            app.Run(async context =>
            {
                try
                {
                    using var body = await _receiver.ReceiveAsync(context);
                    await context.Response.WriteAsync($"{body.Bytes.Length}");
                }
                catch (ApiException refused)
                {
                    _refused = refused.Error;
                    throw;
                }
            });
        });
        _address = new Uri(HttpListening.AddressOf(_app));
    }

    [TearDown]
    public async Task StopAsync()
    {
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
        await _app.DisposeAsync();
        Assert.That(_receiver.Held, Is.Zero);
        Assert.That(_log.Complaints, Is.Empty);
    }

    [Test]
    public void Server_BoundsTimeWhereBodiesAreRead() =>
        Assert.That(_app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MinRequestBodyDataRate, Is.Null);

    [Test]
    public async Task Body_ThatStopsShort_Is408WhenItsTimeIsOverAndGivesItsRoomBack()
    {
        var slow = await BeginAsync(Part + 1, Part);
        await HoldsAsync(Part);

        // Half a minute and as long as a slow line takes for what has come.
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(_receiver.Held, Is.Not.Zero);
        _clock.Advance(TimeSpan.FromSeconds(32));
        var answer = await RawAnswer.ReadAsync(slow);

        Assert.That(answer.Status, Does.StartWith("HTTP/1.1 408 "));
        Assert.That((string?)JObject.Parse(Encoding.UTF8.GetString(answer.Body)).SelectToken("error.code"), Is.EqualTo("request_too_slow"));
        Assert.That(answer.Headers["connection"], Is.EqualTo("close"));
        Assert.That(_receiver.Held, Is.Zero);
    }

    [Test]
    public async Task Body_ThatComesSlowlyButInTime_IsReceived()
    {
        var slow = await BeginAsync(2 * Part, Part);
        await HoldsAsync(Part);
        _clock.Advance(TimeSpan.FromSeconds(60));
        await slow.WriteAsync(new byte[Part / 2]);
        await HoldsAsync(Part + (Part / 2));
        _clock.Advance(TimeSpan.FromSeconds(15));
        await slow.WriteAsync(new byte[Part / 2]);

        Assert.That(Encoding.UTF8.GetString((await RawAnswer.ReadAsync(slow)).Body), Is.EqualTo($"{2 * Part}"));
    }

    [Test]
    public async Task Bodies_BeyondTheRoomOfAll_Are503AndSmallOnesAreReceived()
    {
        var first = await BeginAsync(Part + 1, Part);
        await HoldsAsync(Part);
        var second = await BeginAsync(Largest, Largest);
        var refused = await RawAnswer.ReadAsync(second);
        var small = await RawAnswer.ReadAsync(await BeginAsync(BodyReceiver.Small, BodyReceiver.Small));
        await first.WriteAsync(new byte[1]);
        var received = await RawAnswer.ReadAsync(first);
        await Wait.UntilAsync(() => _receiver.Held == 0);
        var next = await RawAnswer.ReadAsync(await BeginAsync(Largest, Largest));

        Assert.That(refused.Status, Does.StartWith("HTTP/1.1 503 "));
        Assert.That(refused.Headers, Does.ContainKey("retry-after"));
        Assert.That(new[] { small, received, next }.Select(answer => answer.Status), Has.All.StartsWith("HTTP/1.1 200 "));
    }

    [Test]
    public async Task Body_WhoseClientGoes_GivesItsRoomBack()
    {
        await BeginAsync(Part + 1, Part);
        await HoldsAsync(Part);
        _clients[0].Dispose();

        await Wait.UntilAsync(() => _refused is not null);
        Assert.That(_refused!.Status, Is.EqualTo(400));
        Assert.That(_receiver.Held, Is.Zero);
    }

    [Test]
    public async Task Body_DeclaredTooLarge_IsAnsweredBeforeItComesAndThenTaken()
    {
        var stream = await BeginAsync(Largest + 1, 0);
        var refused = await RawAnswer.ReadAsync(stream);
        await stream.WriteAsync(new byte[Largest + 1]);
        await stream.WriteAsync(Head("Content-Length: 0"));
        var next = await RawAnswer.ReadAsync(stream);

        Assert.That(refused.Status, Does.StartWith("HTTP/1.1 413 "));
        Assert.That((string?)JObject.Parse(Encoding.UTF8.GetString(refused.Body)).SelectToken("error.code"), Is.EqualTo("request_too_large"));
        Assert.That(next.Status, Does.StartWith("HTTP/1.1 200 "));
    }

    [Test]
    public async Task Body_DeclaredTooLargeThatWaits_IsNotAskedFor()
    {
        var stream = await SendAsync(Head($"Content-Length: {Largest + 1}\r\nExpect: 100-continue"), 0);
        var refused = await RawAnswer.ReadAsync(stream);

        Assert.That(refused.Status, Does.StartWith("HTTP/1.1 413 "));
        Assert.That(refused.Headers["connection"], Is.EqualTo("close"));
    }

    [Test]
    public async Task Body_TooLargeUndeclared_IsDrainedWithoutBeingHeldAndNotForEver()
    {
        var endless = await SendAsync([.. Head("Transfer-Encoding: chunked"), .. Encoding.ASCII.GetBytes($"{50 * Part:x}\r\n")], Part);
        await HoldsAsync(Part);
        await endless.WriteAsync(new byte[Part + 1]);
        await Wait.UntilAsync(() => _receiver.Held == 0);
        _clock.Advance(TimeSpan.FromSeconds(100));

        Assert.That((await RawAnswer.ReadAsync(endless)).Status, Does.StartWith("HTTP/1.1 413 "));
    }

    private Task HoldsAsync(int bytes) => Wait.UntilAsync(() => _receiver.Held == bytes - BodyReceiver.Small);

    /// <summary>Sends the head of a body and its first bytes.</summary>
    private Task<NetworkStream> BeginAsync(int length, int sent) => SendAsync(Head($"Content-Length: {length}"), sent);

    private static byte[] Head(string length) => Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n");

    private async Task<NetworkStream> SendAsync(byte[] head, int sent)
    {
        var client = new TcpClient();
        _clients.Add(client);
        await client.ConnectAsync(_address.Host, _address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(head);
        await stream.WriteAsync(new byte[sent]);
        return stream;
    }

    /// <summary>What the server thinks its admin should see.</summary>
    private sealed class ComplaintLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Complaints { get; } = new();

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Complaints.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
