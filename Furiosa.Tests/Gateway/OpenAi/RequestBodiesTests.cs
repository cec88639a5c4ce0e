using System.Text;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Furiosa.Tests.Gateway.OpenAi;

/// <summary>Bodies that are read while others are.</summary>
[TestFixture]
public sealed class RequestBodiesTests
{
    private static readonly HttpOptions Options = new() { MaxBodyBytes = 20 * 1024 * 1024 };

    [Test]
    public async Task Read_WhileTheBudgetIsTaken_Is503UntilItIsFree()
    {
        var bodies = new RequestBodies(Options, new ImpatientClock(), NullLoggerFactory.Instance);
        ApiException? refused = null;

        // The outer body is held for as long as a request is made of it.
        await bodies.ReadAsync(Call((int)Options.MaxBodyBytes), _ => refused = Assert.Throws<ApiException>(() => bodies.ReadAsync(Call(100), Length).GetAwaiter().GetResult()));

        Assert.That(refused!.Error, Has.Property(nameof(ApiError.Status)).EqualTo(503).And.Property(nameof(ApiError.RetryAfter)).Not.Null);
        Assert.That(await bodies.ReadAsync(Call(100), Length), Is.EqualTo(100));
    }

    [Test]
    public async Task Read_RequestThatIsWrong_GivesItsBytesBack()
    {
        var bodies = new RequestBodies(Options, new ImpatientClock(), NullLoggerFactory.Instance);

        Assert.That(async () => await bodies.ReadAsync<int>(Call((int)Options.MaxBodyBytes), _ => throw ApiException.Invalid("x", "wrong")), Throws.TypeOf<ApiException>());
        Assert.That(await bodies.ReadAsync(Call(100), Length), Is.EqualTo(100));
    }

    private static int Length(BodyFields fields) => fields.Values.ToString(Newtonsoft.Json.Formatting.None).Length;

    private static DefaultHttpContext Call(int bytes)
    {
        var text = "{\"a\":\"" + new string('x', bytes - 8) + "\"}";
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return context;
    }

    /// <summary>Any wait is over at once, but for the time that a body may take to come.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(30) ? TimeSpan.Zero : dueTime, Timeout.InfiniteTimeSpan);
    }
}
