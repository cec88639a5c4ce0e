using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Observability;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>An accepted request on its way to the runtime: one <see cref="GenerationRequest"/> for each prompt.</summary>
internal sealed class GenerationJob
{
    private const int MostPromptLogprobs = 2_000_000;

    public required ServingModel Model { get; init; }

    /// <summary>The answer's <c>id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The answer's <c>created</c>, in Unix seconds.</summary>
    public required long Created { get; init; }

    public required IReadOnlyList<Prompt> Prompts { get; init; }

    /// <summary>One for each prompt, in order.</summary>
    public required ImmutableArray<GenerationRequest> Requests { get; set; }

    public required GenerationSettings Settings { get; init; }

    /// <summary>The field to blame for a prompt that cannot be served.</summary>
    public required string PromptField { get; init; }

    /// <summary>Makes what finds reasoning and calls in a choice's text; null where all of it is content.</summary>
    public Func<IMessageParser>? NewParser { get; init; }

    /// <summary>Whether reasoning is told from the answer, so that its tokens are counted.</summary>
    public bool ParsesReasoning => NewParser is not null && (Model.ReasoningParser is not null || Model.WritesHarmony);

    /// <summary>What the model may call.</summary>
    public ToolsRequest Tools { get; init; } = ToolsRequest.Empty;

    /// <summary>Cancelled when the request's time is over.</summary>
    public CancellationToken Deadline { get; set; }

    /// <summary>Is told how the answer comes along; null in tests that do not watch.</summary>
    public RequestRecord? Record { get; set; }

    /// <summary>Completes, and never fails, when it has ended, where it goes on after its request has been answered; null where it does not.</summary>
    public Task? GoesOn { get; set; }

    public static GenerationJob ForChat(ChatRequest request, ServingModel model, string requestId, TimeProvider clock)
    {
        const string field = "messages";
        var ids = PromptEncoder.Encode(model, request.Prompt, request.AddSpecialTokens, field, request.Settings.LeastTokens);
        if (ids.Length == 0) throw ApiException.Invalid(field, "The model's chat template makes an empty prompt of these messages.");
        return Create([new Prompt(request.Prompt, ids)], request.Settings, model, "chatcmpl-" + requestId, field, clock, request);
    }

    public static GenerationJob ForCompletion(CompletionRequest request, ServingModel model, string requestId, TimeProvider clock) =>
        Create(request.Prompts, request.Settings, model, "cmpl-" + requestId, CompletionRequest.PromptField, clock);

    /// <summary>A job that makes vectors of its prompts, and no tokens.</summary>
    public static GenerationJob ForEmbedding(EmbeddingRequest request, ServingModel model, string requestId, TimeProvider clock) => new()
    {
        Model = model,
        Id = "embd-" + requestId,
        Created = clock.GetUtcNow().ToUnixTimeSeconds(),
        Prompts = request.Prompts,
        Requests = [.. request.Prompts.Select(prompt => new GenerationRequest
        {
            RequestId = Guid.NewGuid().ToString("N"),
            PromptIds = prompt.Ids,
            Sampling = new SamplingParameters { Seed = 0 },
            MaxTokens = 0,
            Pooling = request.Pooling,
        })],
        Settings = GenerationSettings.NoAnswer,
        PromptField = EmbeddingRequest.InputField,
    };

    /// <summary>The same job with these ids as prompts: those of the request that it was made of again.</summary>
    public GenerationJob WithPrompts(IReadOnlyList<ImmutableArray<int>> ids)
    {
        Prompt[] prompts = [.. Prompts.Zip(ids, (prompt, own) => prompt with { Ids = own })];
        return new GenerationJob
        {
            Model = Model,
            Id = Id,
            Created = Created,
            Prompts = prompts,
            Requests = ToRequests(prompts, Settings, Model, PromptField),
            Settings = Settings,
            PromptField = PromptField,
            NewParser = NewParser,
            Tools = Tools,
        };
    }

    private static GenerationJob Create(
        IReadOnlyList<Prompt> prompts, GenerationSettings settings, ServingModel model, string id, string field, TimeProvider clock, ChatRequest? chat = null)
    {
        CheckPromptLogprobs(prompts, settings);
        return new GenerationJob
        {
            Model = model,
            Id = id,
            Created = clock.GetUtcNow().ToUnixTimeSeconds(),
            Prompts = prompts,
            Requests = ToRequests(prompts, settings, model, field),
            Settings = settings,
            PromptField = field,
            NewParser = chat is null ? null : MessageParsers.For(model, chat),
            Tools = chat?.Tools ?? ToolsRequest.Empty,
        };
    }

    // Each entry is some tens of bytes of JSON, and each choice has all of them: those of an echo too.
    private static void CheckPromptLogprobs(IReadOnlyList<Prompt> prompts, GenerationSettings settings)
    {
        var echoed = settings.Echo ? settings.TopLogprobs + 1 ?? 0 : 0;
        var asked = settings.PromptLogprobs + 1 ?? 0;
        var entries = prompts.Sum(prompt => (long)prompt.Ids.Length) * (echoed + asked) * settings.ChoiceCount;
        if (entries <= MostPromptLogprobs) return;
        var (field, fields) = asked > 0 ? ("prompt_logprobs", "'prompt_logprobs'") : ("logprobs", "'logprobs' with 'echo'");
        throw ApiException.Invalid(
            field,
            $"{fields} asks for {entries} log-probabilities over all prompts and choices, but one answer may have {MostPromptLogprobs}: lower it or 'n', or send shorter prompts.");
    }

    private static int? MostOf(int? one, int? other) => one is null || other > one ? other : one;

    private static ImmutableArray<GenerationRequest> ToRequests(IReadOnlyList<Prompt> prompts, GenerationSettings settings, ServingModel model, string field)
    {
        var repeated = new RepeatedPrompts();
        return [.. prompts.Select(prompt => ToRequest(prompt, repeated.CountBefore(prompt.Ids), settings, model, field))];
    }

    // The runtime's own name for a request is always fresh: a client may send the same X-Request-Id twice.
    private static GenerationRequest ToRequest(Prompt prompt, int equalBefore, GenerationSettings settings, ServingModel model, string field)
    {
        var maxTokens = PromptEncoder.PlanMaxTokens(model, prompt.Ids.Length, settings, field);
        return new GenerationRequest
        {
            RequestId = Guid.NewGuid().ToString("N"),
            PromptIds = prompt.Ids,
            ChoiceCount = settings.SampleCount,
            FirstChoice = equalBefore * settings.SampleCount,
            Sampling = settings.Sampling,
            Beams = settings.Beams,
            MaxTokens = maxTokens,
            // A model's own wish yields to the limit; the request's was checked against it.
            MinTokens = Math.Min(settings.Stops.MinTokens, maxTokens),
            StopTokenIds = settings.Stops.TokenIds,
            Grammar = settings.Grammar,
            TopLogprobs = settings.PicksBest ? settings.TopLogprobs ?? 0 : settings.TopLogprobs,
            PromptTopLogprobs = MostOf(settings.Echo ? settings.TopLogprobs : null, settings.PromptLogprobs),
        };
    }
}
