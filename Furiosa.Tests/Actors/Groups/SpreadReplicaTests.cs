using Akka.Actor;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Protocol;
using Furiosa.Device.Execution;
using Furiosa.Device.Links;
using Furiosa.Tests.Actors.Scheduling;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Actors.Groups;

/// <summary>A replica whose stages and groups lie on several nodes gives the bytes of one in a single process, whatever happens to it.</summary>
internal sealed class SpreadReplicaTests
{
    private static readonly List<GenerationRequest> Asked = [.. Enumerable.Range(0, 10).Select(Request)];

    private List<string> _expected = null!;

    private static SpreadOptions Options => new(Open);

    [OneTimeSetUp]
    public async Task RunInOneProcess()
    {
        await using var runtime = await FuriosaRuntime.StartAsync(new RuntimeOptions
        {
            ModelDirectory = TestPaths.DemoModel, TensorParallel = 1, MaxModelLen = 512, KvCacheBytes = 64 << 20, MaxNumBatchedTokens = 64, ComputeThreads = 1,
        });
        _expected = await AnswersAsync(runtime);
        Assert.That(_expected, Is.Unique);
    }

    [TestCase("AA BB", 2, Description = "a stage on each of two nodes")]
    [TestCase("A B C", 3, Description = "three nodes")]
    [TestCase("A B A", 3, Description = "back to the home")]
    [TestCase("B B", 1, Description = "the home computes nothing")]
    [TestCase("AB", 1, Description = "a group over two nodes")]
    [TestCase("AABB BBCC", 1, Description = "groups over two nodes each, in a pipeline")]
    public async Task Generate_OverSeveralNodes_EqualsOneProcess(string stages, int stepsInFlight)
    {
        await using var replica = await SpreadReplica.StartAsync(stages, Options);

        Assert.That(replica.StepsInFlight, Is.EqualTo(stepsInFlight));
        Assert.That(await AnswersAsync(replica.Runtime), Is.EqualTo(_expected));
        Assert.That(replica.Refusals, Is.Empty);
    }

    [Test]
    public async Task Generate_WithCertificates_EqualsOneProcess()
    {
        using var authority = new TestCertificates();
        await using var replica = await SpreadReplica.StartAsync("AB BC", Options with { Certificates = node => authority.Issue(node) });

        Assert.That(await AnswersAsync(replica.Runtime), Is.EqualTo(_expected));
    }

    [TestCase("AA BB", 'B')]
    [TestCase("AB BC", 'C')]
    public async Task Generate_MemberDiesAgainAndAgain_GoesOnWithTheSameBytes(string stages, char node)
    {
        await using var replica = await SpreadReplica.StartAsync(stages, Options);
        var answers = AnswersAsync(replica.Runtime);
        for (var i = 0; i < 3; i++)
        {
            await Eventually.IsTrue(() => replica.Runtime.Health is { State: RuntimeState.Serving, RunningRequests: > 0 } || answers.IsCompleted, "it serves");
            if (answers.IsCompleted) break;
            replica.KillMember(node);
            await Eventually.IsTrue(() => replica.Runtime.Health.State == RuntimeState.Loading || answers.IsCompleted, "the group is given up");
        }

        Assert.That(await answers, Is.EqualTo(_expected));
    }

    [Test]
    public async Task Generate_WireIsCut_GoesOnWithTheSameBytes()
    {
        var port = 0;
        using var wire = new TcpProxy(() => port);
        await using var replica = await SpreadReplica.StartAsync("AA BB", Options with
        {
            AdvertisedPort = node => node == 'B' ? wire.Port : null, Listening = (node, at) => port = node == 'B' ? at : port,
        });
        var answers = AnswersAsync(replica.Runtime);
        await Eventually.IsTrue(() => replica.Runtime.Health.RunningRequests > 0 || answers.IsCompleted, "requests run");

        wire.Cut();

        Assert.That(await answers, Is.EqualTo(_expected));
        await Eventually.IsTrue(() => wire.Connections >= 2, "the group is connected again");
    }

    [Test]
    public async Task Generate_WireSilent_IsNoticedWithinTheSilenceAndGoesOnAfterwards()
    {
        var port = 0;
        using var wire = new TcpProxy(() => port);
        await using var replica = await SpreadReplica.StartAsync("AA BB", Options with
        {
            Limits = new LinkLimits { Silence = TimeSpan.FromSeconds(3), Handshake = TimeSpan.FromSeconds(6) },
            AdvertisedPort = node => node == 'B' ? wire.Port : null, Listening = (node, at) => port = node == 'B' ? at : port,
        });
        var answers = AnswersAsync(replica.Runtime);
        await Eventually.IsTrue(() => replica.Runtime.Health.RunningRequests > 0 || answers.IsCompleted, "requests run");

        wire.Hold();
        await Eventually.IsTrue(() => replica.Runtime.Health.State == RuntimeState.Loading, "the silence is noticed");
        wire.LetGo();

        Assert.That(await answers, Is.EqualTo(_expected));
    }

    [Test]
    public async Task Start_WithAStrangersCertificates_FailsAndIsTold()
    {
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        await using var replica = new SpreadReplica("A B", Options with { Certificates = node => node == "node-B" ? other.Issue(node) : authority.Issue(node) });

        await Eventually.IsTrue(() => !replica.Refusals.IsEmpty, "the connection is refused");

        Assert.That(replica.Placed.IsCompleted, Is.False);
    }

    [Test]
    public async Task Open_OfAnOldEpochOrAnotherModel_IsRefused()
    {
        await using var replica = await SpreadReplica.StartAsync("A B", Options);
        var over = await replica.StageHosts['B'].Ask<EpochIsOver>(new OpenGroup(Plan(1, "the model", "node-B"), 1), Patience.Longest);
        Assert.That(over.Reason, Does.Contain("epoch 1 is over"));
        foreach (var (plan, said) in (IEnumerable<(GroupPlan, string)>)[
            (Plan(long.MaxValue, "another model", "node-B"), "serves another model"),
            (Plan(long.MaxValue, "the model", "node-X"), "it is meant for node-X"),
        ])
        {
            var refusal = await replica.StageHosts['B'].Ask<StageFailed>(new OpenGroup(plan, 1), Patience.Longest);
            Assert.That(refusal.Reason, Does.Contain(said));
        }

        Assert.That(await AnswersAsync(replica.Runtime), Is.EqualTo(_expected), "the group that serves is left alone");
    }

    /// <summary>The replica was at home before on a node whose clock is an hour ahead: the epochs of the new home go on above those.</summary>
    [Test]
    public async Task Open_OfTheHomesFutureBefore_TheHomeSkipsIt()
    {
        await using var replica = await SpreadReplica.StartAsync("A B", Options);
        var ahead = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        await replica.StageHosts['B'].Ask<GroupOpened>(new OpenGroup(Plan(ahead, "the model", "node-B"), 1), Patience.Longest);

        Assert.That(await AnswersAsync(replica.Runtime), Is.EqualTo(_expected));
        Assert.That(replica.Runtime.Picture.Replicas[0].Epoch, Is.GreaterThan(ahead));
    }

    [Test]
    public async Task Footprints_OfEachNode_AreThoseOfItsShards()
    {
        await using var replica = await SpreadReplica.StartAsync("AABB AABB", Options);

        var stages = (await replica.Placed)[0];

        Assert.That(stages.Select(stage => stage.Length), Is.All.EqualTo(4));
        Assert.That(stages[0].Select(pe => (pe.FirstLayer, pe.LayerCount, pe.QueryHeads)), Is.All.EqualTo((0, 4, 2)));
        Assert.That(stages[1].Select(pe => (pe.FirstLayer, pe.LayerCount, pe.QueryHeads)), Is.All.EqualTo((4, 4, 2)));
    }

    private static GroupPlan Plan(long epoch, string model, string node) => new(
        "replica-0", epoch, [.. new byte[32]], model, 0, new(10), 10, ["node-A", node], [new GroupStage([new(0, 0)], [new GroupPart(1, [0])])]);

    private static IModelHost Open() => ModelHost.Open(new ModelHostOptions { ModelDirectory = TestPaths.DemoModel, ComputeThreads = 1 });

    private static async Task<List<string>> AnswersAsync(IFuriosaRuntime runtime)
    {
        var answers = await Task.WhenAll(Asked.Select(request => runtime.RunAsync(request)));
        return [.. answers.Select((answer, i) => $"{Asked[i].RequestId}: {Text(answer)}")];
    }

    /// <summary>All that is the same whatever the timing: tokens with their log-probabilities, finishes, the end.</summary>
    private static string Text(IEnumerable<GenerationEvent> answer)
    {
        var choices = new SortedDictionary<int, List<string>>();
        foreach (var tokens in answer.OfType<TokensGenerated>())
        {
            if (!choices.TryGetValue(tokens.Choice, out var texts)) choices.Add(tokens.Choice, texts = []);
            texts.AddRange(tokens.Tokens.Select(token => $"{token.Id}/{BitConverter.SingleToInt32Bits(token.Logprob):x}"));
            if (tokens.Finish is { } finish) texts.Add($"{finish}");
        }
        var scored = answer.OfType<PromptScored>().SelectMany(prompt => prompt.Tokens).Select(token => $"{token.Id}/{BitConverter.SingleToInt32Bits(token.Logprob):x}");
        return $"{string.Join(' ', scored)}|{string.Join(';', choices.Select(choice => $"{choice.Key}:{string.Join(' ', choice.Value)}"))}|{answer.Last().GetType().Name}";
    }

    private static GenerationRequest Request(int index)
    {
        var request = Requests.Of($"r{index}", Requests.Prompt(5 + index * 9, index), 12 + index, choices: index == 3 ? 3 : 1, temperature: index % 2, seed: index);
        return index switch
        {
            5 => request with { TopLogprobs = 2, PromptTopLogprobs = 1 },
            6 => request with { Beams = new BeamParameters(3, 1, EarlyStopping.AtWidth), ChoiceCount = 2 },
            7 => request with { Sampling = request.Sampling with { RepetitionPenalty = 1.3f, FrequencyPenalty = 0.2f } },
            _ => request,
        };
    }
}
