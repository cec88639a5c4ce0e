using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Furiosa.Actors.Hosting;
using Furiosa.Actors.Observation;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Text.Tokenizers;

namespace Furiosa.Tests.Support;

/// <summary>What a scripted runtime answers.</summary>
internal delegate IAsyncEnumerable<GenerationEvent> GenerationScript(GenerationRequest request, ScriptedRuntime runtime, CancellationToken aborted);

/// <summary>A runtime without a model, for what a model cannot be made to do on demand: faults, refusals, endless answers.</summary>
internal sealed class ScriptedRuntime(GenerationScript script) : IFuriosaRuntime, IGenerationClient
{
    private readonly ActorSystem _system = ActorSystem.Create("scripted", "akka { loglevel = OFF, stdout-loglevel = OFF }");
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = new();
    private ActorMaterializer? _materializer;

    public static TextTokenizer Tokenizer { get; } = TextTokenizer.Load(TestPaths.DemoModel);

    public ConcurrentQueue<GenerationRequest> Requests { get; } = new();

    public ConcurrentQueue<(string RequestId, int Choice)> FinishedChoices { get; } = new();

    /// <summary>Events that were taken from scripts so far.</summary>
    public int EventCount => _eventCount;

    public TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IGenerationClient Client => this;

    public IMaterializer Materializer => _materializer ??= _system.Materializer();

    public RuntimeSummary Summary { get; } = new("LlamaForCausalLM", 8192, 2048, 1, 1, 1, 1, "none", [], 128, 16, 0, 0, 0, []);

    public RuntimeHealth Health { get; set; } = new(RuntimeState.Serving, 0, 0, 128, 0);

    public RuntimePicture Picture { get; set; } = RuntimePicture.Empty;

    public RuntimeJournal Journal { get; } = new();

    public Task Terminated => _system.WhenTerminated;

    private int _eventCount;

    public static async IAsyncEnumerable<GenerationEvent> Say(string text, GenerationRequest request)
    {
        await Task.Yield();
        yield return new GenerationStarted(0);
        foreach (var id in Tokenizer.Encode(text, addSpecialTokens: false))
        {
            for (var choice = 0; choice < request.ChoiceCount; choice++) yield return Token(request.FirstChoice + choice, id);
        }
        for (var choice = 0; choice < request.ChoiceCount; choice++) yield return new TokensGenerated(request.FirstChoice + choice, [], ChoiceFinish.Length, null);
        yield return GenerationCompleted.Instance;
    }

    /// <summary>The same once something has come about; until then the request has not begun.</summary>
    public static async IAsyncEnumerable<GenerationEvent> SayAfter(Task go, string text, GenerationRequest request)
    {
        await go;
        await foreach (var what in Say(text, request)) yield return what;
    }

    /// <summary>Admits the request, then ends it as a failure after some tokens.</summary>
    public static async IAsyncEnumerable<GenerationEvent> Fail(FailureKind kind, int afterTokens)
    {
        await Task.Yield();
        if (afterTokens > 0) yield return new GenerationStarted(0);
        for (var i = 0; i < afterTokens; i++) yield return Token(0, 311);
        yield return new GenerationFailed(kind, "as scripted");
    }

    /// <summary>An answer that never ends by itself.</summary>
    public static async IAsyncEnumerable<GenerationEvent> Endless([EnumeratorCancellation] CancellationToken aborted)
    {
        yield return new GenerationStarted(0);
        while (!aborted.IsCancellationRequested)
        {
            await Task.Yield();
            yield return Token(0, 311);
        }
        yield return new GenerationFailed(FailureKind.Aborted, "as asked");
    }

    /// <summary>One token, and then nothing more until it is aborted.</summary>
    public static async IAsyncEnumerable<GenerationEvent> SayAndWait([EnumeratorCancellation] CancellationToken aborted)
    {
        yield return new GenerationStarted(0);
        yield return Token(0, 311);
        await Task.Delay(Timeout.Infinite, aborted).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        yield return new GenerationFailed(FailureKind.Aborted, "as asked");
    }

    public static TokensGenerated Token(int choice, int id) => new(choice, [new GeneratedToken(id, -0.5f, [])], null, null);

    public Source<GenerationEvent, NotUsed> Generate(GenerationRequest request) => Source.From(() => RunAsync(request));

    public void FinishChoice(string requestId, int choice) => FinishedChoices.Enqueue((requestId, choice));

    public void Abort(string requestId)
    {
        if (!_running.TryRemove(requestId, out var running)) return;
        running.Cancel();
        Aborted.TrySetResult();
    }

    public Task StopAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _running.Values) await running.CancelAsync();
        await _system.Terminate();
    }

    private async IAsyncEnumerable<GenerationEvent> RunAsync(GenerationRequest request)
    {
        Requests.Enqueue(request);
        var aborted = new CancellationTokenSource();
        _running[request.RequestId] = aborted;
        await foreach (var next in script(request, this, aborted.Token))
        {
            Interlocked.Increment(ref _eventCount);
            yield return next;
        }
        _running.TryRemove(request.RequestId, out _);
    }
}
