using Furiosa.Gateway.Hosting;
using Furiosa.Gateway.Limits;
using Furiosa.Gateway.Streaming;

namespace Furiosa.Gateway.OpenAi;

/// <summary><c>POST /v1/chat/completions</c> and <c>POST /v1/completions</c>: body, checked request, job, answer.</summary>
internal sealed class GenerationEndpoints(ServerState state, RequestBodies bodies, RequestRunner runner, HttpOptions options, TimeProvider clock)
{
    public Task ChatAsync(HttpContext context) => RunAsync(context, isChat: true);

    public Task CompletionAsync(HttpContext context) => RunAsync(context, isChat: false);

    private Task RunAsync(HttpContext context, bool isChat) => runner.RunAsync(
        context, isChat ? "chat" : "completions",
        model => ResumableStreams.PositionOf(context) is { } position ? TakeUpAsync(context, model, position, isChat) : ReadAsync(context, model, isChat),
        asked => asked.Job,
        asked => AnswerAsync(context, asked, isChat));

    private async Task<Asked> ReadAsync(HttpContext context, ServingModel model, bool isChat)
    {
        var resumable = ResumableStreams.IsAsked(context) && state.Runtime?.Archive is not null;
        return await bodies.ReadAsync(context, fields =>
        {
            if (resumable) ResumableStreams.FixSeed(fields.Values);
            var made = Make(fields, model, context.TraceIdentifier, clock, isChat);
            return new Asked(made)
            {
                ToKeep = resumable && made.Settings.Stream.Enabled
                    ? new ResumeRecord(isChat, OwnerOf(context), context.TraceIdentifier, made.Created, fields.Values, [.. made.Prompts.Select(prompt => prompt.Ids)]).Write()
                    : null,
            };
        });
    }

    private async Task<Asked> TakeUpAsync(HttpContext context, ServingModel model, StreamPosition position, bool isChat)
    {
        if (state.Runtime?.Archive is not { } archive) throw ApiException.Invalid("Last-Event-ID", "This server keeps no streams.");
        var record = await ResumableStreams.FindAsync(archive, position, OwnerOf(context), isChat);
        var fields = new BodyFields(record.Body);
        using var turn = await bodies.Grammars.TakeAsync(fields, context.RequestAborted);
        var job = Make(fields, model, record.RequestId, new RecordedClock(record.Created), isChat).WithPrompts(record.Prompts);
        return new Asked(job) { Marks = ResumableStreams.GoOn(position, job) };
    }

    private static string? OwnerOf(HttpContext context) => context.Features.Get<ClientKey>()?.Owner;

    private static GenerationJob Make(BodyFields fields, ServingModel model, string requestId, TimeProvider clock, bool isChat) => isChat
        ? GenerationJob.ForChat(ChatRequest.Read(fields, model), model, requestId, clock)
        : GenerationJob.ForCompletion(CompletionRequest.Read(fields, model), model, requestId, clock);

    private async Task AnswerAsync(HttpContext context, Asked asked, bool isChat)
    {
        var job = asked.Job;
        var marks = asked.TakeRecord() is { } record ? await ResumableStreams.KeepAsync(state.Runtime!.Archive!, record, job) : asked.Marks;
        AnswerFormat format = isChat ? new ChatFormat(job) : new CompletionFormat(job);
        if (job.Settings.Stream.Enabled) await StreamedAnswer.RunAsync(context, job, format, sse => new KeepAlive(sse, options.KeepAliveInterval, clock), marks);
        else await WholeAnswer.RunAsync(context, job, format);
    }

    /// <summary>What a client asked for, and what is to be done for its stream to be taken up again.</summary>
    private sealed record Asked(GenerationJob Job)
    {
        /// <summary>The record of it as bytes: the body that it is made of is gone once the request is read.</summary>
        public byte[]? ToKeep { private get; set; }

        public StreamMarks? Marks { get; init; }

        /// <summary>The record, which is not held any longer here: an answer takes minutes.</summary>
        public byte[]? TakeRecord()
        {
            var record = ToKeep;
            ToKeep = null;
            return record;
        }
    }

    private sealed class RecordedClock(long created) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(created);
    }
}
