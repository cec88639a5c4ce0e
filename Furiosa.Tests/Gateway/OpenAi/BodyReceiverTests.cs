using System.Net.Sockets;
using System.Text;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
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
    private readonly List<TcpClient> _clients = [];
    private BodyReceiver _receiver = null!;
    private WebApplication _app = null!;
    private Uri _address = null!;
    private ApiError? _refused;

    [SetUp]
    public async Task StartAsync()
    {
        (_receiver, _refused) = (new BodyReceiver(Largest, Room, _clock), null);
        _app = await HttpListening.StartAsync(ListenAddress.ForClients(new HttpOptions { Host = "127.0.0.1", Port = 0 }), NullLoggerFactory.Instance, _ => { }, app =>
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
    }

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
    public async Task Body_TooLarge_IsDrainedWithoutBeingHeldAndNotForEver()
    {
        var whole = await BeginAsync(Largest + 1, Largest + 1);
        var refused = await RawAnswer.ReadAsync(whole);
        var endless = await BeginAsync(50 * Part, Part);
        await HoldsAsync(Part);
        await endless.WriteAsync(new byte[Part + 1]);
        await Wait.UntilAsync(() => _receiver.Held == 0);
        _clock.Advance(TimeSpan.FromSeconds(100));

        Assert.That(refused.Status, Does.StartWith("HTTP/1.1 413 "));
        Assert.That((await RawAnswer.ReadAsync(endless)).Status, Does.StartWith("HTTP/1.1 413 "));
    }

    private Task HoldsAsync(int bytes) => Wait.UntilAsync(() => _receiver.Held == bytes - BodyReceiver.Small);

    /// <summary>Sends the head of a body and its first bytes.</summary>
    private async Task<NetworkStream> BeginAsync(int length, int sent)
    {
        var client = new TcpClient();
        _clients.Add(client);
        await client.ConnectAsync(_address.Host, _address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"));
        await stream.WriteAsync(new byte[sent]);
        return stream;
    }
}
