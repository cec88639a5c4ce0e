using System.Collections.Immutable;
using Furiosa.Actors.Protocol;
using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Tools;
using Furiosa.Gateway.Tools.Requests;

namespace Furiosa.Gateway.OpenAi;

/// <summary>An accepted request on its way to the runtime: one <see cref="GenerationRequest"/> for each prompt.</summary>
internal sealed class GenerationJob
{
    public required ServingModel Model { get; init; }

    /// <summary>The answer's <c>id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The answer's <c>created</c>, in Unix seconds.</summary>
    public required long Created { get; init; }

    public required IReadOnlyList<Prompt> Prompts { get; init; }

    /// <summary>One for each prompt, in order.</summary>
    public required ImmutableArray<GenerationRequest> Requests { get; init; }

    public required GenerationSettings Settings { get; init; }

    /// <summary>The field to blame for a prompt that cannot be served.</summary>
    public required string PromptField { get; init; }

    /// <summary>Makes what finds reasoning and calls in a choice's text; null where all of it is content.</summary>
    public Func<MessageParser>? NewParser { get; init; }

    /// <summary>Whether reasoning is told from the answer, so that its tokens are counted.</summary>
    public bool ParsesReasoning => NewParser is not null && Model.ReasoningParser is not null;

    /// <summary>What the model may call.</summary>
    public ToolsRequest Tools { get; init; } = ToolsRequest.Empty;

    public static GenerationJob ForChat(ChatRequest request, ServingModel model, string requestId, TimeProvider clock)
    {
        const string field = "messages";
        var ids = PromptEncoder.Encode(model, request.Prompt, request.AddSpecialTokens, field);
        if (ids.Length == 0) throw ApiException.Invalid(field, "The model's chat template makes an empty prompt of these messages.");
        return Create([new Prompt(request.Prompt, ids)], request.Settings, model, "chatcmpl-" + requestId, field, clock, request);
    }

    public static GenerationJob ForCompletion(CompletionRequest request, ServingModel model, string requestId, TimeProvider clock) =>
        Create(request.Prompts, request.Settings, model, "cmpl-" + requestId, CompletionRequest.PromptField, clock);

    private static GenerationJob Create(
        IReadOnlyList<Prompt> prompts, GenerationSettings settings, ServingModel model, string id, string field, TimeProvider clock, ChatRequest? chat = null) => new()
        {
            Model = model,
            Id = id,
            Created = clock.GetUtcNow().ToUnixTimeSeconds(),
            Prompts = prompts,
            Requests = [.. prompts.Select(prompt => ToRequest(prompt, settings, model, field))],
            Settings = settings,
            PromptField = field,
            NewParser = chat is null ? null : MessageParsers.For(model, chat),
            Tools = chat?.Tools ?? ToolsRequest.Empty,
        };

    // The runtime's own name for a request is always fresh: a client may send the same X-Request-Id twice.
    private static GenerationRequest ToRequest(Prompt prompt, GenerationSettings settings, ServingModel model, string field)
    {
        var maxTokens = PromptEncoder.PlanMaxTokens(model, prompt.Ids.Length, settings, field);
        return new GenerationRequest
        {
            RequestId = Guid.NewGuid().ToString("N"),
            PromptIds = prompt.Ids,
            ChoiceCount = settings.SampleCount,
            Sampling = settings.Sampling,
            Beams = settings.Beams,
            MaxTokens = maxTokens,
            // A model's own wish yields to the limit; the request's was checked against it.
            MinTokens = Math.Min(settings.Stops.MinTokens, maxTokens),
            StopTokenIds = settings.Stops.TokenIds,
            Grammar = settings.Grammar,
            TopLogprobs = settings.PicksBest ? settings.TopLogprobs ?? 0 : settings.TopLogprobs,
            PromptTopLogprobs = settings.Echo ? settings.TopLogprobs : null,
        };
    }
}
