using Furiosa.Actors.Gateways;
using Furiosa.Actors.Protocol;
using Furiosa.Actors.Scheduling;
using Furiosa.Tests.Support.HashModel;

namespace Furiosa.Tests.Actors.Scheduling;

/// <summary>Requests of every kind that move between replicas of different sizes at any moment: each answers as if it had stayed.</summary>
internal sealed class SchedulerMoveTests
{
    private const int MaxModelLen = 90;

    [Test]
    public void Run_RequestsMoveAtAnyMoment_EqualUndisturbedRuns([Range(0, 39)] int seed)
    {
        var random = new Random(seed);
        SchedulerBench[] replicas = [.. Enumerable.Range(0, 3).Select(_ => new SchedulerBench(new SchedulerOptions
        {
            BlockCount = (2 + random.Next(3)) * KvBlocks.Needed(MaxModelLen),
            MaxModelLen = MaxModelLen,
            MaxBatchedTokens = random.Next(4, 60),
            MaxConcurrency = random.Next(2, 12),
            PrefixCaching = random.Next(4) > 0,
            StepsInFlight = random.Next(1, 3),
            LookupTokens = random.Next(0, 12),
        }))];
        var requests = Enumerable.Range(0, 12).Select(i => new Moving(Requests.Random(random, $"r{i}", MaxModelLen))).ToList();
        foreach (var request in requests) request.Go(replicas[random.Next(replicas.Length)]);
        for (var operation = 0; operation < 600; operation++)
        {
            var replica = replicas[random.Next(replicas.Length)];
            if (random.Next(8) == 0) requests[random.Next(requests.Count)].Go(replica);
            else if (random.Next(2) == 0) replica.Start();
            else replica.Finish();
        }
        foreach (var replica in replicas) replica.RunToEnd();

        foreach (var request in requests) request.AssertUndisturbed();
        foreach (var replica in replicas) Assert.That(replica.Scheduler.CheckIntegrity(), Is.Null);
    }

    /// <summary>A request as its gateway keeps it.</summary>
    private sealed class Moving(GenerationRequest request)
    {
        private readonly RequestLog _log = new(request);
        private readonly List<GenerationEvent> _events = [];
        private SchedulerBench? _at;
        private string _attempt = "";
        private int _read;
        private int _attempts;

        public void Go(SchedulerBench replica)
        {
            Read();
            if (_log.IsComplete || _events.Any(what => what is GenerationFailed)) return;
            _at?.Scheduler.Abort(_attempt);
            (_at, _attempt, _read) = (replica, $"{request.RequestId}+{_attempts++}", 0);
            replica.Submit(_log.ToRequest(_attempt));
        }

        public void AssertUndisturbed()
        {
            Read();
            if (_events.Any(what => what is GenerationFailed { Kind: FailureKind.TooLarge })) return;
            Assert.That(_events.OfType<PromptScored>().Count(), Is.EqualTo(request.PromptTopLogprobs is null ? 0 : 1));
            var beams = request.Beams is null ? null : HashReference.Beams(request, MaxModelLen);
            for (var choice = 0; choice < request.ChoiceCount; choice++)
            {
                var ids = _events.OfType<TokensGenerated>().Where(news => news.Choice == choice).SelectMany(news => news.Tokens).Select(token => token.Id);
                Assert.That(ids, Is.EqualTo(beams?[choice] ?? HashReference.Choice(request, choice, MaxModelLen)), $"{request.RequestId} choice {choice} after {_attempts} attempts");
            }
        }

        private void Read()
        {
            if (_at is null || !_at.Events.TryGetValue(_attempt, out var events)) return;
            for (; _read < events.Count; _read++)
            {
                if (events[_read] is PromptScored && _log.PromptScored) continue;
                _log.Note(events[_read]);
                _events.Add(events[_read]);
            }
        }
    }
}
