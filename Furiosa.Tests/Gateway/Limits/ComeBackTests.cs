using Furiosa.Actors.Usage;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Furiosa.Tests.Gateway.Limits;

/// <summary>Clients who are refused together and come back as they are told: each finds the place that he was told of.</summary>
[TestFixture]
public sealed class ComeBackTests
{
    /// <summary>Many are refused at once: they are told different times, and whoever comes back as told is let in.</summary>
    [Test]
    public async Task Queue_ThatRefusesMany_TellsEachWhenThereIsAPlace()
    {
        const int Bound = 4, Many = 12;
        var clock = new ManualClock();
        var limiter = new Limiter(new LimitOptions(), new KeyRing([]), new UsageLedger(clock), new FairQueue(room: 8, mostPending: Bound), clock);
        Task<AdmittedRequest> Ask() => limiter.AdmitAsync(null, 10, 0, new HeaderDictionary(), default);
        var waiting = new Queue<Task<AdmittedRequest>>();
        for (var i = 0; i < Bound; i++) waiting.Enqueue(Ask());
        async Task BeginOneAsync()
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            (await waiting.Dequeue()).Started();
        }
        // How fast requests begin is known by then.
        for (var i = 0; i < 3; i++)
        {
            await BeginOneAsync();
            waiting.Enqueue(Ask());
        }

        var told = Enumerable.Range(0, Many).Select(_ => Assert.ThrowsAsync<ApiException>(Ask)!.Error.RetryAfter!.Value).ToList();

        Assert.That(told, Is.Ordered.And.Unique);
        var (now, letIn) = (TimeSpan.Zero, 0);
        while (letIn < Many)
        {
            await BeginOneAsync();
            now += TimeSpan.FromSeconds(2);
            for (; letIn < Many && told[letIn] <= now; letIn++)
            {
                var again = Ask();
                Assert.That(again.IsFaulted, Is.False, $"the one that came back after {told[letIn]}");
                waiting.Enqueue(again);
            }
        }
    }

    /// <summary>The same for a key that may have two at once, of which each takes four seconds.</summary>
    [Test]
    public void Key_WithAllItsRequestsAtOnce_IsToldWhenEachEnds()
    {
        const int Many = 10;
        var clock = new ManualClock();
        var rates = new RateLimits(clock);
        var limits = new KeyLimits(RequestsPerMinute: null, TokensPerMinute: null, Concurrent: 2);
        void Begin() => rates.Begin("a", limits, 1, 0, new HeaderDictionary());
        void EndOne() => rates.End("a", TimeSpan.FromSeconds(4));
        // How long requests take is learnt first.
        for (var i = 0; i < 100; i++)
        {
            Begin();
            EndOne();
        }
        Begin();
        Begin();

        var told = Enumerable.Range(0, Many).Select(_ => Assert.Throws<ApiException>(Begin)!.Error.RetryAfter!.Value).ToList();

        Assert.That(told, Is.Ordered.And.Unique);
        var (now, letIn) = (TimeSpan.Zero, 0);
        while (letIn < Many)
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            now += TimeSpan.FromSeconds(2);
            EndOne();
            for (; letIn < Many && told[letIn] <= now; letIn++) Assert.DoesNotThrow(Begin, $"the one that came back after {told[letIn]}");
        }
    }
}
