using Furiosa.Actors.Protocol;
using Furiosa.Actors.Usage;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Furiosa.Tests.Gateway.Limits;

/// <summary>Limits of a key that asks several gateways, which tell each other now and then: the bounds that docs/configuration.md states.</summary>
[TestFixture]
public sealed class SharedLimitTests
{
    private const int PerMinute = 60;

    private readonly ClientKey _alice = ClientKey.Plain("secret", 1) with { Name = "alice" };
    private ManualClock _clock = null!;

    [SetUp]
    public void StartClock() => _clock = new ManualClock();

    [TestCase(2, 1.0)]
    [TestCase(5, 1.0)]
    [TestCase(3, 0.5)]
    public async Task Requests_ToAllGateways_GetTheLimitOverTimeAndOneBurstTooManyAtMost(int count, double heard)
    {
        var gateways = Gateways(count, new(PerMinute, null, null));
        var random = new Random(count);
        var (admitted, inFirstSecond) = (0, 0);
        const int Minutes = 10;

        for (var tenth = 0; tenth < Minutes * 600; tenth++)
        {
            foreach (var gateway in gateways) admitted += await AskAsync(gateway, 10, tokens: 0);
            if (tenth == 9) inFirstSecond = admitted;
            _clock.Advance(TimeSpan.FromSeconds(.1));
            // Some exchanges are lost; the last one of the test is not.
            if (tenth % 10 == 9) Exchange(gateways, () => random.NextDouble() < heard);
        }

        // At first nobody knows of the others; that debt is then worked off, and what the last second lets through is all that is left of it.
        Assert.That(inFirstSecond, Is.InRange(count * PerMinute, (count * PerMinute) + count));
        var fair = PerMinute + (PerMinute * Minutes);
        Assert.That(admitted, Is.InRange(fair - PerMinute, fair + (heard < 1 ? 10 * count : 2 * count)));
    }

    [Test]
    public async Task Tokens_UsedElsewhere_AreOwedHere()
    {
        var gateways = Gateways(2, new(null, TokensPerMinute: 600, null));
        Assert.That(await AskAsync(gateways[0], 1, tokens: 500, generated: 400), Is.EqualTo(1));

        Exchange(gateways, () => true);

        var refused = Assert.ThrowsAsync<ApiException>(() => AdmitAsync(gateways[1], 1))!.Error;
        Assert.That((refused.Status, refused.RetryAfter), Is.EqualTo((429, TimeSpan.FromSeconds(30.1))));
        Assert.That(gateways[1].Limiter.Keys().Single().State.Tokens, Is.EqualTo(-300));
    }

    [Test]
    public async Task Requests_AtOnce_CountAtAllGatewaysUntilTheyEndOrTheirGatewayIsLost()
    {
        var gateways = Gateways(3, new(null, null, Concurrent: 2));
        var first = await AdmitAsync(gateways[0], 1);
        await AdmitAsync(gateways[1], 1);
        Exchange(gateways, () => true);

        Assert.That(await AskAsync(gateways[2], 1, tokens: 1), Is.Zero);
        first.End(0);
        Exchange(gateways, () => true);
        Assert.That(await AskAsync(gateways[2], 1, tokens: 1), Is.EqualTo(1));

        var third = await AdmitAsync(gateways[2], 1);
        Assert.That(await AskAsync(gateways[2], 1, tokens: 1), Is.Zero);
        gateways[2].Ledger.Lose("gateway 1");
        Assert.That(await AskAsync(gateways[2], 1, tokens: 1), Is.EqualTo(1));
        third.End(0);
    }

    [Test]
    public void Ledger_HearsEachUseOnce_WhateverIsLostRepeatedOrBegunAnew()
    {
        var ledger = new UsageLedger(_clock);
        var heard = new List<long>();
        ledger.Heard += use => heard.Add(use.Requests);
        GatewayUsage Told(long incarnation, double seconds, long requests) => new(incarnation, TimeSpan.FromSeconds(seconds), [new("alice", requests, 0, 0, 0)]);

        ledger.Hear("young", Told(1, 5, 3));
        ledger.Hear("young", Told(1, 6, 3));
        ledger.Hear("young", Told(1, 9, 8));
        ledger.Hear("young", Told(2, 1, 2));
        ledger.Hear("old", Told(7, 3600, 1000));
        ledger.Hear("old", Told(7, 3601, 1001));

        Assert.That(heard, Is.EqualTo(new[] { 3, 5, 2, 1 }));
        Assert.That(ledger.Others, Is.EqualTo(2));
    }

    [Test]
    public async Task Gateway_StartedAgain_LearnsFromAnotherWhatWasSpentAndCountsItOnce()
    {
        var gateways = Gateways(2, new(PerMinute, TokensPerMinute: 6000, null));
        // They have run for longer than budgets remember: their totals alone say nothing of the last minute.
        foreach (var gateway in gateways) await AskAsync(gateway, 1, tokens: 1);
        Exchange(gateways, () => true);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(await AskAsync(gateways[0], 20, tokens: 10, generated: 5), Is.EqualTo(20));
        Assert.That(await AskAsync(gateways[1], 10, tokens: 10), Is.EqualTo(10));
        Exchange(gateways, () => true);
        var (old, again) = (gateways[0], Gateways(1, new(PerMinute, TokensPerMinute: 6000, null))[0]);
        KeyState Left() => again.Limiter.Keys().Single().State;

        for (var times = 0; times < 2; times++) again.Ledger.HearSpending(old.Ledger.SpendingKnown());
        Exchange([old, again], () => true);

        Assert.That((Left().Requests, Left().Tokens), Is.EqualTo((30.0, 5600.0)));
        await AskAsync(old, 1, tokens: 10);
        Exchange([old, again], () => true);
        Assert.That((Left().Requests, Left().Tokens), Is.EqualTo((29.0, 5590.0)));
        // One that begins later is heard from its beginning.
        _clock.Advance(TimeSpan.FromSeconds(1));
        var late = Gateways(1, new(PerMinute, TokensPerMinute: 6000, null))[0];
        await AskAsync(late, 2, tokens: 10);
        again.Ledger.Hear("late", new GatewayUsage(9, TimeSpan.Zero, late.Ledger.ToTell().Accounts));
        Assert.That(Left().Requests, Is.EqualTo(28.0));
    }

    /// <summary>A key that nobody had used when they met: its first burst at the older one counts at the younger.</summary>
    [Test]
    public async Task Gateway_ThatMeetsAnOlderOne_HearsOfAKeysFirstBurstThere()
    {
        var old = Gateways(1, new(PerMinute, null, null))[0];
        _clock.Advance(TimeSpan.FromHours(1));
        var young = Gateways(1, new(PerMinute, null, null))[0];
        Exchange([old, young], () => true);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.That(await AskAsync(old, 50, tokens: 0), Is.EqualTo(50));

        for (var times = 0; times < 3; times++) Exchange([old, young], () => true);

        Assert.That(young.Limiter.Keys().Single().State.Requests, Is.EqualTo(PerMinute - 50));
        Assert.That(await AskAsync(young, PerMinute, tokens: 0), Is.EqualTo(PerMinute - 50));
    }

    [Test]
    public void Ledger_TellsWhatWasUsedLatelyAndWhatRuns()
    {
        var ledger = new UsageLedger(_clock);
        ledger.Add("alice", requests: 1, promptTokens: 5);
        ledger.Add("bob", requests: 1, running: 1);

        Assert.That(ledger.ToTell().Accounts.Select(use => use.Account), Is.EqualTo(new[] { "alice", "bob" }));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(ledger.ToTell().Accounts.Select(use => use.Account), Is.EqualTo(new[] { "bob" }));
    }

    [Test]
    public async Task Turns_OfAKeyThatHadMuchElsewhere_ComeLater()
    {
        var queue = new FairQueue(room: 1, mostPending: 100);
        var order = new List<string>();
        var first = await queue.EnterAsync("a", 1, 0, 10, default);
        List<Task> waiting = [PassAsync(queue.EnterAsync("b", 1, 0, 100, default), "b"), PassAsync(queue.EnterAsync("a", 1, 0, 100, default), "a")];

        queue.NoteElsewhere("b", 1, 1000);
        first.Started();
        await Task.WhenAll(waiting);

        Assert.That(order, Is.EqualTo(new[] { "a", "b" }));

        async Task PassAsync(Task<FairQueue.Entry> entry, string name)
        {
            var turn = await entry;
            lock (order) order.Add(name);
            turn.Started();
        }
    }

    private List<(UsageLedger Ledger, Limiter Limiter)> Gateways(int count, KeyLimits limits) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            var ledger = new UsageLedger(_clock);
            return (ledger, new Limiter(new LimitOptions { PerKey = limits }, new KeyRing([_alice]), ledger, new FairQueue(1000, 1000), _clock));
        }),
    ];

    private static void Exchange(List<(UsageLedger Ledger, Limiter Limiter)> gateways, Func<bool> isHeard)
    {
        foreach (var (number, (from, _)) in gateways.Index())
        {
            var (countedFor, accounts) = from.ToTell();
            foreach (var (to, _) in gateways.Where(other => other.Ledger != from && isHeard()))
            {
                if (to.Hear($"gateway {number}", new GatewayUsage(number, countedFor, accounts))) to.HearSpending(from.SpendingKnown());
            }
        }
    }

    private Task<AdmittedRequest> AdmitAsync((UsageLedger Ledger, Limiter Limiter) gateway, int tokens) => gateway.Limiter.AdmitAsync(_alice, tokens, 0, new HeaderDictionary(), default);

    /// <summary>Sends requests that end at once; how many were let in.</summary>
    private async Task<int> AskAsync((UsageLedger Ledger, Limiter Limiter) gateway, int requests, int tokens, int generated = 0)
    {
        var admitted = 0;
        for (var i = 0; i < requests; i++)
        {
            try
            {
                var request = await AdmitAsync(gateway, tokens);
                request.Started();
                request.End(generated);
                admitted++;
            }
            catch (ApiException refused) when (refused.Error.Status == 429)
            {
                break;
            }
        }
        return admitted;
    }
}
