using System.Runtime.CompilerServices;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Grammar;
using Furiosa.Gateway.Observability;
using Furiosa.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Furiosa.Tests.Gateway.Observability;

/// <summary>Records of requests outlive them by the hundred: they keep what is shown and nothing of what was sent.</summary>
[TestFixture]
public sealed class RequestRecordTests
{
    [Test]
    public void End_OfARequestWithAGrammar_KeepsWhatIsShownWithoutIt()
    {
        using var observatory = new Observatory(TimeProvider.System, NullLoggerFactory.Instance);

        var grammar = Record(observatory);

        GC.Collect();
        Assert.That(grammar.TryGetTarget(out _), Is.False);
        Assert.That(observatory.Requests.Newest(1).Single().Asked, Is.EqualTo(new AskedAnswer(Streams: true, ChoiceCount: 2, SampleCount: 3)));
    }

    [Test]
    public void Fail_WithALongMessage_KeepsItsBeginning()
    {
        using var observatory = new Observatory(TimeProvider.System, NullLoggerFactory.Instance);
        var record = observatory.Receive(new DefaultHttpContext(), "chat");

        record.Fail(ApiError.Invalid("tools", "The argument name '" + new string('a', 500_000) + "' cannot be written."));

        Assert.That(record.Error, Does.StartWith("The argument name 'aaa").And.EndsWith("…").And.Length.LessThan(3_000));
    }

    // Apart, so that nothing of it stays in a register.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<GenerationGrammar> Record(Observatory observatory)
    {
        var settings = GenerationSettings.NoAnswer with
        {
            ChoiceCount = 2, SampleCount = 3, Stream = new StreamSettings(true, false, false), Grammar = new GrammarCompiler().FromRegex("a{3}"),
        };
        var record = observatory.Receive(new DefaultHttpContext(), "completion");
        record.Accept(new GenerationJob
        {
            Model = null!, Id = "cmpl-1", Created = 0, Prompts = [], Settings = settings, PromptField = "prompt",
            Requests = [new GenerationRequest { RequestId = "cmpl-1-0", PromptIds = [1], Sampling = settings.Sampling, MaxTokens = 1, Grammar = settings.Grammar }],
        });
        record.End();
        return new WeakReference<GenerationGrammar>(settings.Grammar!);
    }
}
