using Furiosa.Gateway.Limits;
using Furiosa.Gateway.OpenAi;
using Furiosa.Tests.Support;
using Microsoft.AspNetCore.Http;
using Newtonsoft.Json.Linq;

namespace Furiosa.Tests.Gateway.Limits;

/// <summary>Rates, turns and bounds, by themselves and over HTTP.</summary>
[TestFixture]
public sealed class LimitTests
{
    private const string Path = "/v1/completions";
    private const string Body = """{"prompt": "x", "max_tokens": 4}""";

    [Test]
    public void Bucket_Overdrawn_FillsEvenly()
    {
        var clock = new ManualClock();
        var bucket = new TokenBucket(clock);

        bucket.Take(60, 70);

        Assert.That(bucket.WaitFor(60, 1), Is.EqualTo(TimeSpan.FromSeconds(11)));
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.That(bucket.WaitFor(60, 1), Is.EqualTo(TimeSpan.Zero));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.That(bucket.Level(60), Is.EqualTo(60));
    }

    [Test]
    public void Rates_AreKeptForEachKeyAndSayWhenToComeBack()
    {
        var clock = new ManualClock();
        var rates = new RateLimits(clock);
        var limits = new KeyLimits(RequestsPerMinute: 2, TokensPerMinute: 100, Concurrent: null);
        var headers = new HeaderDictionary();

        rates.Begin("a", limits, 30, 0, headers);
        rates.Begin("a", limits, 30, 0, headers);
        var requests = Assert.Throws<ApiException>(() => rates.Begin("a", limits, 1, 0, headers))!.Error;
        rates.Begin("b", limits, 90, 0, headers);
        var tokens = Assert.Throws<ApiException>(() => rates.Begin("b", limits, 20, 0, headers))!.Error;

        Assert.That((requests.Status, requests.Type, requests.Code, requests.RetryAfter), Is.EqualTo((429, "requests", "rate_limit_exceeded", TimeSpan.FromSeconds(30))));
        Assert.That((tokens.Type, tokens.RetryAfter), Is.EqualTo(("tokens", TimeSpan.FromSeconds(6))));
        Assert.That(((string?)headers["x-ratelimit-limit-tokens"], (string?)headers["x-ratelimit-remaining-tokens"], (string?)headers["x-ratelimit-remaining-requests"]), Is.EqualTo(("100", "10", "1")));
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(() => rates.Begin("a", limits, 1, 0, headers), Throws.Nothing);
    }

    /// <summary>Retry-After is honest: whoever waits as long as told is let in, whichever limit refused him.</summary>
    [Test]
    public void Refused_WhoWaitsAsLongAsTold_IsAdmitted()
    {
        var (clock, random, refusals) = (new ManualClock(), new Random(5), 0);
        var rates = new RateLimits(clock);
        var limits = new KeyLimits(RequestsPerMinute: 7, TokensPerMinute: 900, Concurrent: null);
        for (var i = 0; i < 500; i++)
        {
            var tokens = random.Next(1, 400);
            var refused = Refusal(tokens);
            if (refused is not null)
            {
                refusals++;
                clock.Advance(refused.RetryAfter!.Value);
                Assert.That(Refusal(tokens), Is.Null);
            }
            rates.AddTokens("a", limits, random.Next(300));
            rates.End("a", TimeSpan.Zero);
        }
        Assert.That(refusals, Is.GreaterThan(100));

        ApiError? Refusal(int tokens)
        {
            try
            {
                rates.Begin("a", limits, tokens, 0, new HeaderDictionary());
                return null;
            }
            catch (ApiException refused)
            {
                return refused.Error;
            }
        }
    }

    [Test]
    public async Task Turns_GoByPriorityThenByWhatAKeyHasHad()
    {
        var queue = new FairQueue(room: 1, mostPending: 100);
        var order = new List<string>();
        var first = await queue.EnterAsync("a", 1, 0, 10, default);
        var waiting = new List<Task>();
        foreach (var (key, priority, name) in new[] { ("a", 0, "a1"), ("a", 0, "a2"), ("b", 0, "b1"), ("b", 0, "b2"), ("a", -1, "urgent") })
            waiting.Add(PassAsync(queue.EnterAsync(key, 1, priority, 10, default), name));

        first.Started();
        await Task.WhenAll(waiting);

        Assert.That(order, Is.EqualTo(new[] { "urgent", "b1", "a1", "b2", "a2" }));
        Assert.That(queue.Waiting, Is.EqualTo((0, 0L)));
        Assert.That(queue.QueuedTokens, Is.Zero);

        async Task PassAsync(Task<FairQueue.Entry> entry, string name)
        {
            var turn = await entry;
            lock (order) order.Add(name);
            turn.Started();
        }
    }

    /// <summary>A key that has had little so far, because it was away, does not go before all who have had more meanwhile.</summary>
    [Test]
    public async Task Turns_OfAKeyThatWasAway_AreNotSavedUp()
    {
        var queue = new FairQueue(room: 1, mostPending: 100);
        (await queue.EnterAsync("b", 1, 0, 10, default)).Started();
        for (var i = 0; i < 100; i++) (await queue.EnterAsync("a", 1, 0, 10, default)).Started();
        var first = await queue.EnterAsync("a", 1, 0, 10, default);
        var order = new List<string>();
        List<Task> waiting = [.. new[] { "b", "b", "b", "b", "b", "a" }.Select(PassAsync)];

        first.Started();
        await Task.WhenAll(waiting);

        Assert.That(order.IndexOf("a"), Is.LessThanOrEqualTo(2));

        async Task PassAsync(string key)
        {
            var turn = await queue.EnterAsync(key, 1, 0, 10, default);
            lock (order) order.Add(key);
            turn.Started();
        }
    }

    /// <summary>Everybody who waited has gone, and nothing happens for an hour: that hour is nobody's wait.</summary>
    [Test]
    public async Task Wait_AfterAnIdleTime_IsForgotten()
    {
        var clock = new ManualClock();
        var limiter = new Limiter(
            new LimitOptions { MaxPredictedWait = TimeSpan.FromSeconds(5) }, new KeyRing([]), new Furiosa.Actors.Usage.UsageLedger(clock), new FairQueue(room: 1, mostPending: 100), clock);
        Task<AdmittedRequest> Ask() => limiter.AdmitAsync(null, 10, 0, new HeaderDictionary(), default);
        var (served, goes) = (await Ask(), Ask());
        served.Started();
        (await goes).End(0);

        clock.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++) Assert.That(Ask().IsFaulted, Is.False);
    }

    /// <summary>One begins each second: who would wait longer than allowed is refused, and let in when he comes back as told.</summary>
    [Test]
    public async Task Wait_ForeseenTooLong_IsRefusedUntilTheQueueHasMovedOn()
    {
        var clock = new ManualClock();
        var limiter = new Limiter(
            new LimitOptions { MaxPredictedWait = TimeSpan.FromSeconds(5) }, new KeyRing([]), new Furiosa.Actors.Usage.UsageLedger(clock), new FairQueue(room: 1, mostPending: 100), clock);
        Task<AdmittedRequest> Ask() => limiter.AdmitAsync(null, 10, 0, new HeaderDictionary(), default);
        var waiting = new Queue<Task<AdmittedRequest>>();
        async Task BeginOneAsync()
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            (await waiting.Dequeue()).Started();
        }
        for (var i = 0; i < 6; i++) waiting.Enqueue(Ask());
        for (var i = 0; i < 3; i++) await BeginOneAsync();

        ApiError? refused = null;
        while (refused is null)
        {
            try
            {
                var next = Ask();
                if (next.IsFaulted) await next;
                waiting.Enqueue(next);
            }
            catch (ApiException full)
            {
                refused = full.Error;
            }
        }

        Assert.That((refused.Status, refused.Code), Is.EqualTo((503, "overloaded")));
        Assert.That(waiting.Count, Is.InRange(5, 8));
        for (var second = 0; second < refused.RetryAfter!.Value.TotalSeconds; second++) await BeginOneAsync();
        Assert.That(Ask().IsFaulted, Is.False);
    }

    [Test]
    public async Task Queue_GivenUp_GivesItsPlaceBack()
    {
        var queue = new FairQueue(room: 1, mostPending: 2);
        using var first = await queue.EnterAsync("a", 1, 0, 1, default);
        using var gone = new CancellationTokenSource();
        var second = queue.EnterAsync("a", 1, 0, 1, gone.Token);

        Assert.That(() => queue.EnterAsync("a", 1, 0, 1, default), Throws.TypeOf<QueueFullException>());
        await gone.CancelAsync();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(queue.Waiting.Count, Is.Zero);
    }

    [Test]
    public async Task Requests_BeyondAKeysRate_Are429WithHonestHeaders()
    {
        using var folder = new TemporaryDirectory();
        var keys = folder.Write("keys", "first name=alice requests-per-minute=1\nsecond\n");
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), $"furiosa.http.api-key-file = \"{keys}\"");
        await using (server)
        {
            using var served = await SendAsync(server, "first");
            using var refused = await SendAsync(server, "first");
            using var other = await SendAsync(server, "second");
            using var unknown = await SendAsync(server, "third");

            Assert.That(new[] { served, refused, other, unknown }.Select(answer => (int)answer.StatusCode), Is.EqualTo(new[] { 200, 429, 200, 401 }));
            Assert.That(served.Headers.GetValues("x-ratelimit-remaining-requests").Single(), Is.EqualTo("0"));
            Assert.That(int.Parse(refused.Headers.GetValues("Retry-After").Single()), Is.InRange(50, 60));
            Assert.That(double.Parse(refused.Headers.GetValues("retry-after-ms").Single()), Is.InRange(50_000, 60_000));
            Assert.That((string?)JObject.Parse(await refused.Content.ReadAsStringAsync())["error"]!["message"], Does.Contain("alice").And.Not.Contain("first"));
        }
    }

    /// <summary>A list of prompts is more than may wait at once, but they follow each other.</summary>
    [Test]
    public async Task Request_OfMorePromptsThanMayWait_IsServed()
    {
        await using var server = await TestServer.StartAsync("furiosa.scheduler { max-concurrency = 1, max-queued-requests = 4 }");

        var (status, body) = await server.PostAsync(Path, """{"prompt": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p"], "max_tokens": 2}""");

        Assert.That(status, Is.EqualTo(200), body.ToString());
    }

    [Test]
    public async Task Request_BeyondItsTime_IsEndedWith504()
    {
        var (server, runtime) = await TestServer.ScriptAsync((_, _, aborted) => ScriptedRuntime.SayAndWait(aborted), "furiosa.limits.request-timeout = 2 s");
        await using (server)
        {
            var (status, body) = await server.PostAsync(Path, """{"prompt": "x", "max_tokens": 1000}""");
            var frames = await server.StreamAsync(Path, """{"prompt": "x", "max_tokens": 1000, "stream": true}""");

            Assert.That((status, (string?)body["error"]!["code"]), Is.EqualTo((504, "request_timeout")));
            Assert.That((string?)JObject.Parse(frames[^2])["error"]!["code"], Is.EqualTo("request_timeout"));
            await runtime.Aborted.Task;
        }
    }

    [Test]
    public async Task Requests_AtOnceBeyondAKeysLimit_Are429UntilOneEnds()
    {
        var go = new TaskCompletionSource();
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.SayAfter(go.Task, "x", request), "furiosa.limits.concurrent-requests = 1");
        await using (server)
        {
            var first = server.PostAsync(Path, Body);
            await Wait.UntilAsync(() => !runtime.Requests.IsEmpty);
            var (refused, body) = await server.PostAsync(Path, Body);
            go.SetResult();

            Assert.That((refused, (string?)body["error"]!["code"]), Is.EqualTo((429, "rate_limit_exceeded")));
            Assert.That((await first).Status, Is.EqualTo(200));
            Assert.That((await server.PostAsync(Path, Body)).Status, Is.EqualTo(200));
        }
    }

    [Test]
    public async Task Requests_EachAfterTheAnswerBefore_AreNeverBeyondALimitOfOne()
    {
        var (server, _) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.Say("x", request), "furiosa.limits.concurrent-requests = 1");
        await using (server)
        {
            // On a connection each: one connection's requests wait for each other anyway.
            for (var i = 0; i < 100; i++)
            {
                using var http = new HttpClient { BaseAddress = server.Http.BaseAddress };
                using var content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json");
                using var answer = await http.PostAsync(Path, content);
                Assert.That((int)answer.StatusCode, Is.EqualTo(200), $"request {i}");
            }
        }
    }

    [TestCase("furiosa.scheduler.max-queued-requests = 1", "the limit")]
    [TestCase("furiosa.limits.max-queued-tokens = 3", "prompt tokens are waiting")]
    public async Task Queue_BeyondItsBound_Is503WithRetryAfter(string hocon, string part)
    {
        var go = new TaskCompletionSource();
        var (server, runtime) = await TestServer.ScriptAsync((request, _, _) => ScriptedRuntime.SayAfter(go.Task, "x", request), hocon);
        await using (server)
        {
            var first = server.PostAsync(Path, Body);
            await Wait.UntilAsync(() => !runtime.Requests.IsEmpty);
            using var content = new StringContent("""{"prompt": "Once upon a time", "max_tokens": 4}""", System.Text.Encoding.UTF8, "application/json");
            using var refused = await server.Http.PostAsync(Path, content);
            go.SetResult();

            var error = JObject.Parse(await refused.Content.ReadAsStringAsync())["error"]!;
            Assert.That(((int)refused.StatusCode, (string?)error["code"]), Is.EqualTo((503, "overloaded")));
            Assert.That((string?)error["message"], Does.Contain(part));
            Assert.That(refused.Headers.RetryAfter!.Delta, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
            Assert.That((await first).Status, Is.EqualTo(200));
        }
    }

    [TestCase("KEY name=", "name")]
    [TestCase("KEY requests-per-minute=0", "requests-per-minute")]
    [TestCase("KEY colour=red", "colour")]
    public void KeyLine_Wrong_IsExplainedWithoutTheKey(string line, string part) =>
        Assert.That(ClientKey.TryParse(line, 1, out _), Does.Contain(part).And.Not.Contain("KEY"));

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(Body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        return await server.Http.SendAsync(request);
    }
}
