using Furiosa.Gateway.Hub;
using Furiosa.Tests.Support;

namespace Furiosa.Tests.Gateway.Hub;

/// <summary>Models fetched from a local server that speaks the hub's protocol.</summary>
public sealed class HubModelsTests
{
    private static readonly HubModelName Model = new("org/name", "main");

    private FakeHub _hub = null!;
    private TemporaryDirectory _home = null!;
    private HubSettings _settings = null!;

    private string Folder => Path.Combine(_home.Path, "models--org--name");

    [SetUp]
    public async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync();
        _home = new TemporaryDirectory();
        _settings = new HubSettings { Endpoint = _hub.Endpoint, Cache = _home.Path, Token = "hf_secret", Pause = TimeSpan.FromMilliseconds(1) };
        foreach (var (name, length) in new[] { ("config.json", 10), ("tokenizer.json", 3000), ("model.safetensors", 20_000_000), ("pytorch_model.bin", 50), ("original/x.pth", 50), ("README.md", 50) })
            _hub.Files[name] = Content(name, length);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _hub.DisposeAsync();
        _home.Dispose();
    }

    [Test]
    public async Task Lock_HeldByAnother_IsWaitedFor()
    {
        var cache = new HubCache(_home.Path, Model);
        var first = await cache.LockAsync("checksum", CancellationToken.None);
        var second = cache.LockAsync("checksum", CancellationToken.None);

        Assert.That(second.IsCompleted, Is.False);
        first.Dispose();
        (await second).Dispose();
    }

    /// <summary>What no waiting would mend is told.</summary>
    [Test]
    public void Lock_ThatCannotBeMade_IsAnError()
    {
        var cache = new HubCache(_home.Path, Model);

        Assert.That(() => cache.LockAsync($"{new string('x', 300)}", CancellationToken.None), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Fetch_Model_LaysOutTheCacheAsPythonDoes()
    {
        var folder = await FetchAsync();

        Assert.That(folder, Is.EqualTo(Path.Combine(Folder, "snapshots", FakeHub.Commit)));
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "config.json", "tokenizer.json", "model.safetensors" }), "only what is needed");
        foreach (var name in new[] { "config.json", "tokenizer.json", "model.safetensors" })
        {
            Assert.That(new FileInfo(Path.Combine(folder, name)).LinkTarget, Is.EqualTo($"../../blobs/{FakeHub.ETagOf(_hub.Files[name])}"));
            Assert.That(File.ReadAllBytes(Path.Combine(folder, name)).AsSpan().SequenceEqual(_hub.Files[name]), Is.True, name);
        }
        Assert.That(File.ReadAllText(Path.Combine(Folder, "refs", "main")), Is.EqualTo(FakeHub.Commit));
        Assert.That(Directory.GetFiles(Path.Combine(Folder, "blobs"), "*.incomplete"), Is.Empty);
        Assert.That(_hub.Requests.Where(request => request.Host == "storage" && request.Path == "/model.safetensors").Select(request => request.Range).Distinct().Count(), Is.EqualTo(3), "in ranges");
    }

    [Test]
    public void Fetch_ModelThatIsRefused_BringsNoWeights()
    {
        var hub = new HubModels(_settings, new Quiet())
        {
            BeforeWeights = folder => throw new NotSupportedException(string.Join(' ', Directory.GetFiles(folder).Select(Path.GetFileName).Order())),
        };

        var refusal = Assert.ThrowsAsync<NotSupportedException>(() => hub.FetchAsync(Model, withWeights: true, CancellationToken.None));
        Assert.That(refusal!.Message, Is.EqualTo("config.json tokenizer.json"));
        Assert.That(_hub.Requests.Select(request => request.Path), Has.None.Contains("safetensors"));
    }

    [Test]
    public async Task Fetch_Redirect_KeepsTheTokenFromOtherHosts()
    {
        await FetchAsync();

        Assert.That(_hub.Requests.Where(request => request.Host == "hub").Select(request => request.Authorization), Has.All.EqualTo("Bearer hf_secret"));
        Assert.That(_hub.Requests.Where(request => request.Host == "storage").Select(request => request.Authorization), Is.Not.Empty.And.All.EqualTo(""));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Fetch_ConnectionsThatBreakOff_GoOnWhereTheyStopped(bool ranges)
    {
        _hub.Ranges = ranges;
        foreach (var cut in new[] { 1000, 0, 3_000_000, 500_000, 1 }) _hub.Cuts.Enqueue(cut);

        var folder = await FetchAsync();

        Assert.That(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")).AsSpan().SequenceEqual(_hub.Files["model.safetensors"]), Is.True);
        Assert.That(_hub.Cuts, Is.Empty);
    }

    [Test]
    public async Task Fetch_AfterAStop_AsksOnlyForTheRest()
    {
        var content = _hub.Files["model.safetensors"];
        Directory.CreateDirectory(Path.Combine(Folder, "blobs"));
        File.WriteAllBytes(Path.Combine(Folder, "blobs", FakeHub.ETagOf(content) + ".incomplete"), content[..19_000_000]);

        var folder = await FetchAsync();

        Assert.That(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")).AsSpan().SequenceEqual(content), Is.True);
        Assert.That(_hub.Requests.Where(request => request.Path == "/model.safetensors").Select(request => request.Range), Is.EqualTo(new[] { "bytes=19000000-19999999" }));
    }

    [Test]
    public async Task Fetch_WrongContentOnce_IsFetchedAgain()
    {
        _hub.Spoilt = 1;
        var folder = await FetchAsync();
        Assert.That(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")).AsSpan().SequenceEqual(_hub.Files["tokenizer.json"]), Is.True);
        Assert.That(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")).AsSpan().SequenceEqual(_hub.Files["model.safetensors"]), Is.True);
    }

    [Test]
    public void Fetch_WrongContentAlways_IsRefused()
    {
        _hub.Spoilt = 1000;
        Assert.That(FetchAsync, Throws.TypeOf<HubException>().With.Message.Contains("checksum"));
        Assert.That(Directory.Exists(Path.Combine(Folder, "refs")), Is.False, "an unfinished model is not remembered");
    }

    [Test]
    public async Task Fetch_Again_TakesWhatIsThere()
    {
        await FetchAsync();
        _hub.Requests.Clear();

        await FetchAsync();

        Assert.That(_hub.Requests.Where(request => request.Method == "GET").Select(request => request.Path), Is.EqualTo(new[] { "/api/models/org/name/revision/main" }));
    }

    [Test]
    public async Task Fetch_Offline_UsesTheCacheAndSaysWhenItIsEmpty()
    {
        var offline = new HubModels(_settings with { IsOffline = true }, new Quiet());
        Assert.That(() => offline.FetchAsync(Model, true, CancellationToken.None), Throws.TypeOf<HubException>().With.Message.Contains("HF_HUB_OFFLINE"));
        var folder = await FetchAsync();
        Assert.That(await offline.FetchAsync(Model, true, CancellationToken.None), Is.EqualTo(folder));
        var unreachable = new HubModels(_settings with { Endpoint = new Uri("http://127.0.0.1:1/") }, new Quiet());
        Assert.That(await unreachable.FetchAsync(Model, true, CancellationToken.None), Is.EqualTo(folder));
    }

    [Test]
    public async Task Fetch_Index_NamesTheShards()
    {
        _hub.Files.Remove("model.safetensors");
        _hub.Files["consolidated.safetensors"] = Content("c", 100);
        _hub.Files["model-1.safetensors"] = Content("a", 100);
        _hub.Files["model-2.safetensors"] = Content("b", 2000);
        _hub.Files[HubFiles.WeightIndex] = System.Text.Encoding.UTF8.GetBytes("""{"weight_map": {"x": "model-1.safetensors", "y": "model-2.safetensors"}}""");

        var folder = await FetchAsync();

        Assert.That(Directory.GetFiles(folder, "*.safetensors").Select(Path.GetFileName), Is.EquivalentTo(new[] { "model-1.safetensors", "model-2.safetensors" }));
    }

    [Test]
    public async Task Fetch_Variant_FetchesThatGgufFileAlone()
    {
        foreach (var name in new[] { "m-Q4_K_M.gguf", "m-Q8_0.gguf", "mmproj-m-F16.gguf", "big/m-BF16-00001-of-00002.gguf", "big/m-BF16-00002-of-00002.gguf" }) _hub.Files[name] = Content(name, 100);
        var hub = new HubModels(_settings, new Quiet());

        var file = await hub.FetchAsync(Model with { Variant = "q4_k_m" }, withWeights: true, CancellationToken.None);

        Assert.That(file, Is.EqualTo(Path.Combine(Folder, "snapshots", FakeHub.Commit, "m-Q4_K_M.gguf")));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!).Select(Path.GetFileName), Is.EqualTo(new[] { "m-Q4_K_M.gguf" }));
        var first = await hub.FetchAsync(Model with { Variant = "BF16" }, withWeights: true, CancellationToken.None);
        Assert.That(first, Does.EndWith("big/m-BF16-00001-of-00002.gguf"));
        Assert.That(File.Exists(first.Replace("00001", "00002", StringComparison.Ordinal)), Is.True);
        var offline = new HubModels(_settings with { IsOffline = true }, new Quiet());
        Assert.That(await offline.FetchAsync(Model with { Variant = "Q4_K_M" }, true, CancellationToken.None), Is.EqualTo(file));
        Assert.That(() => hub.FetchAsync(Model with { Variant = "Q4_K" }, true, CancellationToken.None), Throws.TypeOf<HubException>().With.Message.Contains("one of BF16, Q4_K_M, Q8_0"));
        Assert.That(await FetchAsync(), Is.EqualTo(Path.GetDirectoryName(file)), "safetensors where no variant is named");
    }

    [Test]
    public void Fetch_SeveralGgufFiles_ListsThem()
    {
        _hub.Files.Remove("model.safetensors");
        foreach (var name in new[] { "m-Q4_K_M.gguf", "m-Q8_0.gguf" }) _hub.Files[name] = Content(name, 100);
        Assert.That(FetchAsync, Throws.TypeOf<HubException>().With.Message.Contains("name one of them as org/name:VARIANT, with Q4_K_M, Q8_0"));
    }

    [TestCase("org/name", "org/name", null)]
    [TestCase("gpt2", "gpt2", null)]
    [TestCase("org/name:Q4_K_M", "org/name", "Q4_K_M")]
    [TestCase("./models/x", null, null)]
    [TestCase("a/b/c", null, null)]
    [TestCase("/abs", null, null)]
    [TestCase("org/name:", null, null)]
    [TestCase("org/../x", null, null)]
    public void TryParse_Name_TellsPathsFromModels(string text, string? repository, string? variant)
    {
        var name = HubModelName.TryParse(text, "main");
        Assert.That((name?.Repository, name?.Variant), Is.EqualTo((repository, variant)));
    }

    [TestCase(403, "GatedRepo", "is gated: accept its conditions")]
    [TestCase(401, "RepoNotFound", "There is no model org/name")]
    [TestCase(404, "RepoNotFound", "There is no model org/name")]
    [TestCase(404, "RevisionNotFound", "has no revision 'main'")]
    [TestCase(500, "", "answers 500")]
    public void Fetch_Refused_SaysWhy(int status, string code, string part)
    {
        _hub.Refusal = (status, code);
        Assert.That(FetchAsync, Throws.TypeOf<HubException>().With.Message.Contains(part).And.Message.Not.Contains("\n").And.Message.Not.Contains("hf_secret"));
    }

    private static byte[] Content(string name, int length)
    {
        var content = new byte[length];
        new Random(name.Length).NextBytes(content);
        return content;
    }

    private Task<string> FetchAsync() => new HubModels(_settings, new Quiet()).FetchAsync(Model, withWeights: true, CancellationToken.None);

    private sealed class Quiet : IHubProgress
    {
        public void Begin(string file, long? size)
        {
        }

        public void Add(string file, long bytes)
        {
        }

        public void Done()
        {
        }

        public void Note(string text)
        {
        }
    }
}
